/**
 * A static program that only exits with code 0, for trying a runtime without an image: an ELF header, one segment, and
 * the system call. Undefined for architectures that it is not written for.
 */
export function exitProgram(arch: string): Buffer | undefined {
  const target = targets.get(arch)
  return target === undefined ? undefined : elfOf(target)
}

interface Target {
  /** e_machine of the ELF header. */
  readonly machine: number
  readonly code: readonly number[]
}

const targets: ReadonlyMap<string, Target> = new Map([
  // mov eax, 60 (exit); xor edi, edi; syscall
  ['x64', { machine: 62, code: [0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05] }],
  // mov x8, #93 (exit); mov x0, #0; svc #0
  ['arm64', { machine: 183, code: [0xa8, 0x0b, 0x80, 0xd2, 0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4] }],
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
