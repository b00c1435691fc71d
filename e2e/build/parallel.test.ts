import test from 'ava'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'

const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', 'runc')

withRuntime('two identical builds at once run each step once', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', {
    Dockerfile: 'FROM busybox\nRUN sleep 1; echo "ran-$((40+2))"; date +%N > /a\nRUN sleep 0.5; echo "ran-$((40+3))"\n',
  })
  const outputs = await Promise.all([1, 2, 3].map(() => space.ok(['--progress', 'plain', '-t', 'same', context])))
  const text = outputs.map(({ stderr }) => stderr).join('')
  t.is(text.match(/ran-42/g)?.length, 1)
  t.is(text.match(/ran-43/g)?.length, 1)
  t.is(text.match(/CACHED/g)?.length, 4)
  t.is(new Set(outputs.map(({ stdout }) => stdout)).size, 1, 'all gave the same image')
})

withRuntime('two different builds at once overlap', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const file = (name: string): Record<string, string> => ({
    Dockerfile: `FROM busybox\nRUN cut -d' ' -f1 /proc/uptime; sleep 1.5; cut -d' ' -f1 /proc/uptime; echo ${name}\n`,
  })
  const contexts = ['one', 'two'].map((name) => space.write(name, file(name)))
  const outputs = await Promise.all(contexts.map((context) => space.ok(['--progress', 'plain', context])))
  const times = outputs.map(({ stderr }) => [...stderr.matchAll(/ ([\d.]+)$/gm)].map((match) => Number(match[1])))
  const [[startOne = 0, endOne = 0] = [], [startTwo = 0, endTwo = 0] = []] = times
  t.true(startOne > 0 && startOne < endTwo && startTwo < endOne, 'each began before the other ended')
})
