import test from 'ava'
import fc from 'fast-check'
import { compileSeccomp } from './libseccomp.ts'
import { findProgram } from './programs.ts'
import { defaultCapabilities } from './sandbox.ts'
import { seccompConfig } from './seccomp.ts'

// The runtimes come with libseccomp.
const here = findProgram('crun') !== undefined || findProgram('runc') !== undefined
const compiled = here && process.arch === 'x64' ? compileSeccomp(seccompConfig('x64', defaultCapabilities)) : undefined
const filterTest = compiled === undefined ? test.skip : test
const reason = compiled === undefined ? ' (skipped: needs libseccomp on x64)' : ''

interface Call {
  readonly arch: number
  readonly number: number
  readonly args: readonly number[]
}

const x64 = 0xc000_003e
const x86 = 0x4000_0003
const [allow, refuse, missing, kill] = [0x7fff_0000, 0x0005_0001, 0x0005_0026, 0]

/** What the kernel would answer: runs the program as it runs classic BPF. Only instructions that filters use. */
function answer(program: Buffer, { arch, number, args }: Call): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number >>> 0, 0)
  data.writeUInt32LE(arch, 4)
  args.forEach((value, index) => data.writeUInt32LE(value >>> 0, 16 + index * 8))
  let a = 0
  for (let at = 0; ; at++) {
    const k = program.readUInt32LE(at * 8 + 4)
    const code = program.readUInt16LE(at * 8)
    const jump = (taken: boolean): number => program.readUInt8(at * 8 + (taken ? 2 : 3))
    if (code === 0x06) return k
    if (code === 0x20) a = data.readUInt32LE(k)
    else if (code === 0x54) a = (a & k) >>> 0
    else if (code === 0x05) at += k
    else if (code === 0x15) at += jump(a === k)
    else if (code === 0x25) at += jump(a > k)
    else if (code === 0x35) at += jump(a >= k)
    else if (code === 0x45) at += jump((a & k) !== 0)
    else throw new Error(`instruction ${code.toString(16)} at ${at}`)
  }
}

const rows: readonly [title: string, call: Partial<Call>, expected: number][] = [
  ['read', { number: 0 }, allow],
  ['getpid', { number: 39 }, allow],
  ['mount', { number: 165 }, refuse],
  ['keyctl', { number: 250 }, refuse],
  ['io_uring_setup', { number: 425 }, refuse],
  ['clone3', { number: 435 }, missing],
  ['fork by clone', { number: 56, args: [17] }, allow],
  ['a user namespace by clone', { number: 56, args: [0x1000_0000] }, refuse],
  ['socket of AF_INET', { number: 41, args: [2] }, allow],
  ['socket of AF_ALG', { number: 41, args: [38] }, refuse],
  ['socket of AF_QIPCRTR', { number: 41, args: [42] }, allow],
  ['personality 0', { number: 135, args: [0] }, allow],
  ['personality without random addresses', { number: 135, args: [0x4_0000] }, refuse],
  ['a call that the kernel may get one day', { number: 999 }, missing],
  ['x32: getpid', { number: 0x4000_0027 }, allow],
  ['x32: a call of one day', { number: 0x4000_0fff }, missing],
  ['x86: getpid', { arch: x86, number: 20 }, allow],
  ['x86: mount', { arch: x86, number: 21 }, refuse],
  ['x86: socketcall', { arch: x86, number: 102 }, refuse],
  ['x86: a call of one day', { arch: x86, number: 999 }, missing],
  ['the calls of another machine', { arch: 0xc000_00b7, number: 0 }, kill],
]

for (const [title, call, expected] of rows) {
  filterTest(`${title}${reason}`, (t) => {
    t.is(answer(compiled ?? Buffer.alloc(0), { arch: x64, number: 0, args: [], ...call }), expected)
  })
}

filterTest(`every call gets one of the four answers${reason}`, (t) => {
  const calls = fc.record({
    arch: fc.constantFrom(x64, x86, 0),
    number: fc.oneof(
      fc.nat(600),
      fc.nat(600).map((n) => n + 0x4000_0000),
      fc.integer(),
    ),
    args: fc.array(fc.integer(), { maxLength: 6 }),
  })
  const check = (call: Call): boolean =>
    [allow, refuse, missing, kill].includes(answer(compiled ?? Buffer.alloc(0), call))
  t.notThrows(() => fc.assert(fc.property(calls, check), { numRuns: 2000 }))
})

filterTest(`the same profile gives the same program, well below the kernel's limit${reason}`, (t) => {
  const again = compileSeccomp(seccompConfig('x64', defaultCapabilities))
  t.deepEqual(again, compiled)
  t.true(again.length / 8 < 2048)
})
