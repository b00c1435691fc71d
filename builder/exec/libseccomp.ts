import fs from 'node:fs'
import { cString, type NativeFunction, nativeFunctionOf } from '../../shared/sys/libc.ts'
import { pipe } from '../../shared/sys/native.ts'
import type { SeccompArgument, SeccompConfig, SeccompRule } from './seccomp.ts'

function bind(name: string, result: string, args: readonly string[]): NativeFunction {
  return nativeFunctionOf({ name, result, args, library: 'libseccomp.so.2' })
}

// A filter under construction is an opaque pointer.
const init = bind('seccomp_init', 'uintptr_t', ['uint'])
const release = bind('seccomp_release', 'void', ['uintptr_t'])
const setAttribute = bind('seccomp_attr_set', 'int', ['uintptr_t', 'uint', 'uint'])
const addArch = bind('seccomp_arch_add', 'int', ['uintptr_t', 'uint'])
const nativeArch = bind('seccomp_arch_native', 'uint', [])
const resolveArch = bind('seccomp_arch_resolve_name', 'uint', ['void *'])
const resolveSyscall = bind('seccomp_syscall_resolve_name_arch', 'int', ['uint', 'void *'])
const addRule = bind('seccomp_rule_add_array', 'int', ['uintptr_t', 'uint', 'int', 'uint', 'void *'])
const exportBpf = bind('seccomp_export_bpf', 'int', ['uintptr_t', 'int'])

const allow = 0x7fff_0000
const refuse = 0x0005_0000 // plus the errno
const unknownSyscall = -1
const noErrno = 38 // ENOSYS
const maxProgramBytes = 4096 * 8
const optimize = 8 // SCMP_FLTATR_CTL_OPTIMIZE
const binaryTree = 2

/** Differs when the same profile would be compiled to another program. */
export const compiledForm = 'tree'

/**
 * Compiles a profile to the program that the kernel runs for each system call, as raw instructions: what a runtime would
 * otherwise do for every container. As under runc, calls newer than all that the profile names fail with ENOSYS, so that
 * programs fall back to older ones. Throws when libseccomp is not there or refuses something.
 */
export function compileSeccomp(config: SeccompConfig): Buffer {
  const filter = init(refuse | config.defaultErrnoRet)
  try {
    // The kernel runs a new filter once for each call there is: a tree answers in a tenth of the time that a list takes.
    setAttribute(filter, optimize, binaryTree) // a library that cannot makes a list
    const tokens = config.architectures.map(architectureToken)
    for (const token of tokens) if (token !== nativeArch()) check(addArch(filter, token), 'seccomp_arch_add')
    for (const rule of config.syscalls) for (const name of rule.names) addTo(filter, rule, name)
    const newest = tokens.map((token) => ({ token, last: lastSyscall(token, config) }))
    return Buffer.concat([refuseNewer(newest), exported(filter)])
  } finally {
    release(filter)
  }
}

function architectureToken(name: string): number {
  return resolveArch(cString(name.replace('SCMP_ARCH_', '').toLowerCase()))
}

function addTo(filter: number, rule: SeccompRule, name: string): void {
  const number = resolveSyscall(nativeArch(), cString(name))
  if (number === unknownSyscall) return // newer than the library: refused as unknown
  const action = rule.action === 'SCMP_ACT_ALLOW' ? allow : refuse | (rule.errnoRet ?? 1)
  const args = rule.args ?? []
  check(addRule(filter, action, number, args.length, args.length === 0 ? null : comparisons(args)), name)
}

const operators = new Map(
  ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'].map((name, index) => [`SCMP_CMP_${name}`, index + 1]),
)

/** An array of struct scmp_arg_cmp: argument and operator of 32 bits, two values of 64 bits. */
function comparisons(args: readonly SeccompArgument[]): BigUint64Array {
  const structs = new BigUint64Array(args.length * 3)
  const halves = new Uint32Array(structs.buffer)
  args.forEach(({ index, op, value, valueTwo }, position) => {
    halves[position * 6] = index
    halves[position * 6 + 1] = operators.get(op) ?? 0
    structs[position * 3 + 1] = BigInt(value)
    structs[position * 3 + 2] = BigInt(valueTwo ?? 0)
  })
  return structs
}

function exported(filter: number): Buffer {
  const { read, write } = pipe() // holds more than the longest program
  try {
    check(exportBpf(filter, write), 'seccomp_export_bpf')
    const program = Buffer.alloc(maxProgramBytes)
    return program.subarray(0, fs.readSync(read, program))
  } finally {
    for (const fd of [read, write]) fs.closeSync(fd)
  }
}

function check(result: number, what: string): void {
  if (result < 0) throw new Error(`libseccomp: ${what} failed with ${result}`)
}

interface NewestSyscall {
  readonly token: number
  readonly last: number
}

function lastSyscall(token: number, config: SeccompConfig): number {
  const names = config.syscalls.flatMap((rule) => rule.names)
  return Math.max(...names.map((name) => resolveSyscall(token, cString(name))))
}

const x32Bit = 0x4000_0000
const auditX64 = 0xc000_003e

/** Instructions to be put before a program: for each architecture, what is above its last known call gives ENOSYS. */
function refuseNewer(newest: readonly NewestSyscall[]): Buffer {
  return Buffer.concat([...newest].filter(({ last }) => last > 0).map(({ token, last }) => refuseAbove(token, last)))
}

/** On x64 the kernel tells the x32 calls of the same architecture by a bit of the number. */
function refuseAbove(token: number, last: number): Buffer {
  const isX32 = (last & x32Bit) !== 0
  const limits = [
    instruction(loadWord, 4),
    instruction(jumpEqual, isX32 ? auditX64 : token, { otherwise: 4 }),
    instruction(loadWord, 0),
    instruction(jumpIfBits, x32Bit, isX32 ? { otherwise: 2 } : { taken: 2 }),
    instruction(jumpAbove, last, { otherwise: 1 }),
    instruction(giveBack, refuse | noErrno),
  ]
  return Buffer.concat(limits)
}

// Classic BPF opcodes; the kernel gives the architecture at offset 4 and the number of the call at offset 0.
const loadWord = 0x20
const jumpEqual = 0x15
const jumpAbove = 0x25
const jumpIfBits = 0x45
const giveBack = 0x06

/** One instruction; `taken` and `otherwise` are how many to skip. */
function instruction(code: number, k: number, jumps: { taken?: number; otherwise?: number } = {}): Buffer {
  const bytes = new Uint8Array(8)
  new Uint16Array(bytes.buffer)[0] = code
  bytes[2] = jumps.taken ?? 0
  bytes[3] = jumps.otherwise ?? 0
  new Uint32Array(bytes.buffer)[1] = k
  return Buffer.from(bytes)
}
