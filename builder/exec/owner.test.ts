import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import test from 'ava'
import { isAbandoned, ownedName } from './owner.ts'

test('names of this process are its own, and no two are equal', (t) => {
  const names = Array.from({ length: 100 }, ownedName)
  t.is(new Set(names).size, 100)
  t.false(names.some(isAbandoned))
})

const [namespace, pid, start] = ownedName().split('-')
const rows: readonly [string, string, boolean][] = [
  ['a dead process', `${namespace}-999999999-1-ab`, true],
  ['a process that has the id of a dead one', `${namespace}-${pid}-${Number(start) - 1}-ab`, true],
  ['a process that we cannot see', `1-999999999-1-ab`, false],
  ['something else', 'docker', false],
  ['something like it', `${namespace}-999999999-1-ab.service`, false],
]

for (const [title, name, expected] of rows) {
  test(`what ${title} made is${expected ? '' : ' not'} abandoned`, (t) => t.is(isAbandoned(name), expected))
}

test('what a zombie made is abandoned', async (t) => {
  // What the shell becomes does not wait for its child: when that ends later, it is a zombie. The shell itself would wait.
  const shell = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 20'])
  t.teardown(() => shell.kill('SIGKILL'))
  const [line] = (await once(shell.stdout, 'data')) as [Buffer]
  const child = line.toString().trim()
  const stat = (): string[] => fs.readFileSync(`/proc/${child}/stat`, 'latin1').split(' ')
  while (stat()[2] !== 'Z') await new Promise((resolve) => setTimeout(resolve, 5))
  t.true(isAbandoned(`${namespace}-${child}-${stat()[21]}-ab`))
})
