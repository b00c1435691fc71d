// A program that does other things too: builds with RUN steps, several at once, and then has nothing left to do.
import { strict as assert } from 'node:assert'
import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
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

// The first one has loaded what all need.
const [files, memory] = [openFiles(), process.memoryUsage.rss()]
for (let i = 0; i < 5; i++) {
  await build({ root, context: { kind: 'directory', path: context }, noCache: true, signal })
  await runImage({ root, image: 'c', args: ['true'], signal })
}
assert.ok(openFiles() <= files, `${openFiles()} open files, ${files} before`)
assert.ok(process.memoryUsage.rss() - memory < 60e6, `${process.memoryUsage.rss()} bytes of memory, ${memory} before`)

assert.deepEqual(stateOfProcess(), before)
assert.deepEqual(getEventListeners(signal, 'abort'), [], 'nobody listens to the signal any more')
console.log('done')

function openFiles(): number {
  return readdirSync('/proc/self/fd').length
}

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
