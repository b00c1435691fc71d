/** The exit code of the trial program when system calls are filtered: ENOSYS. */
export const filteredExitCode = 38

/** The exit code when nothing filters them: EINVAL. */
export const unfilteredExitCode = 22

/**
 * A static program for trying a runtime without an image: it calls clone3 with a size that the kernel refuses (EINVAL)
 * and exits with the errno. Under Docker's seccomp profile that is ENOSYS. Undefined for architectures that it is not
 * written for.
 */
export function trialProgram(arch: string): Buffer | undefined {
  const target = targets.get(arch)
  return target === undefined ? undefined : elfOf(target)
}

interface Target {
  /** e_machine of the ELF header. */
  readonly machine: number
  readonly code: readonly number[]
}

const x64Code = [
  [0xb8, 0xb3, 0x01, 0, 0], // mov eax, 435 (clone3)
  [0x31, 0xff, 0x31, 0xf6], // xor edi, edi; xor esi, esi
  [0x0f, 0x05], // syscall
  [0xf7, 0xd8, 0x89, 0xc7], // neg eax; mov edi, eax
  [0xb8, 60, 0, 0, 0], // mov eax, 60 (exit)
  [0x0f, 0x05], // syscall
]

const arm64Code = [
  [0x68, 0x36, 0x80, 0xd2], // mov x8, #435 (clone3)
  [0x00, 0x00, 0x80, 0xd2], // mov x0, #0
  [0x01, 0x00, 0x80, 0xd2], // mov x1, #0
  [0x01, 0x00, 0x00, 0xd4], // svc #0
  [0xe0, 0x03, 0x00, 0xcb], // neg x0, x0
  [0xa8, 0x0b, 0x80, 0xd2], // mov x8, #93 (exit)
  [0x01, 0x00, 0x00, 0xd4], // svc #0
]

const targets: ReadonlyMap<string, Target> = new Map([
  ['x64', { machine: 62, code: x64Code.flat() }],
  ['arm64', { machine: 183, code: arm64Code.flat() }],
])

const headerSize = 64
const segmentSize = 56
const address = 0x40_0000

function elfOf({ machine, code }: Target): Buffer {
  const start = headerSize + segmentSize
  const file = Buffer.alloc(start + code.length)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]) // magic, 64-bit, little-endian, version
  file.writeUInt16LE(2, 16) // an executable
  file.writeUInt16LE(machine, 18)
  file.writeUInt32LE(1, 20)
  file.writeUInt32LE(address + start, 24) // entry point
  file.writeUInt32LE(headerSize, 32) // where the segment table is
  file.writeUInt16LE(headerSize, 52)
  file.writeUInt16LE(segmentSize, 54)
  file.writeUInt16LE(1, 56) // segments
  file.writeUInt32LE(1, headerSize) // loaded
  file.writeUInt32LE(5, headerSize + 4) // readable, executable
  file.writeUInt32LE(address, headerSize + 16)
  file.writeUInt32LE(address, headerSize + 24)
  file.writeUInt32LE(file.length, headerSize + 32)
  file.writeUInt32LE(file.length, headerSize + 40)
  file.writeUInt32LE(0x1000, headerSize + 48)
  file.set(code, start)
  return file
}
