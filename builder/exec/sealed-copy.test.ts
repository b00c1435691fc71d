import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import test from 'ava'
import { findProgram } from './programs.ts'
import { sealedCopy } from './sealed-copy.ts'

test.serial('a sealed copy is the program, runs, and cannot be changed', (t) => {
  const program = findProgram('true') ?? ''
  const fd = sealedCopy(program) ?? -1
  t.teardown(() => fs.closeSync(fd))
  const copy = `/proc/${process.pid}/fd/${fd}`
  t.deepEqual(fs.readFileSync(copy), fs.readFileSync(program))
  t.notThrows(() => execFileSync(copy))
  t.throws(() => fs.writeSync(fd, 'x', 0), { code: 'EPERM' })
  t.throws(() => fs.ftruncateSync(fd, 1), { code: 'EPERM' })
  t.throws(() => fs.writeFileSync(copy, 'x'), { code: 'EPERM' })
})

test.serial('what cannot be read has no copy', (t) => {
  const before = fs.readdirSync('/proc/self/fd').length
  t.is(sealedCopy('/nowhere/at-all'), undefined)
  t.is(fs.readdirSync('/proc/self/fd').length, before)
})
