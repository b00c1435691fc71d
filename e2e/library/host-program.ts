// A program that does other things too: builds with RUN steps, several at once, and then has nothing left to do.
import { strict as assert } from 'node:assert'
import { getEventListeners } from 'node:events'
import { build, runImage } from '../../app/index.ts'

const [root = '', context = ''] = process.argv.slice(2)
const before = stateOfProcess()

const { signal } = new AbortController()
const images = await Promise.all(
  ['a', 'b', 'c'].map((target) =>
    build({ root, context: { kind: 'directory', path: context }, target, tags: [target], signal }),
  ),
)
assert.equal(new Set(images.map(({ imageID }) => imageID)).size, 3)
let output = ''
const { exitCode } = await runImage({
  root,
  image: 'c',
  args: ['cat', '/c'],
  signal,
  onOutput: (_stream, bytes) => (output += Buffer.from(bytes).toString()),
})
assert.equal(exitCode, 0)
assert.equal(output, 'c\n')

assert.deepEqual(stateOfProcess(), before)
assert.deepEqual(getEventListeners(signal, 'abort'), [], 'nobody listens to the signal any more')
console.log('done')

/** What a library must leave as it was. */
function stateOfProcess(): object {
  return {
    umask: process.umask(),
    cwd: process.cwd(),
    env: { ...process.env },
    exitCode: process.exitCode,
    signals: ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection'].map((name) =>
      process.listenerCount(name),
    ),
  }
}
