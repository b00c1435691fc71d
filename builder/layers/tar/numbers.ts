const space = 0x20
const zero = 0x30
const maxTime = 2n ** 63n - 1n
const minTime = -(2n ** 63n)

/**
 * A number field of a header: octal digits between spaces or NULs (an empty field is 0), or GNU base-256, big-endian
 * two's complement with the top bit set. NaN when it is neither. Exact up to 2^53; beyond that only the size is right.
 */
export function parseField(block: Uint8Array, offset: number, length: number): number {
  const first = block[offset] ?? 0
  return (first & 0x80) === 0 ? parseOctal(block, offset, offset + length) : parseBinary(block, offset, length)
}

function parseOctal(block: Uint8Array, offset: number, end: number): number {
  let at = offset
  while (at < end && isBlank(block[at])) at++
  let value = 0
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - zero
    if (digit < 0 || digit > 7) return isBlank(block[at]) ? value : Number.NaN
    value = value * 8 + digit
  }
  return value
}

function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === 0
}

/** The first byte carries the mark in bit 7 and the sign in bit 6. */
function parseBinary(block: Uint8Array, offset: number, length: number): number {
  const first = block[offset] ?? 0
  const flip = (first & 0x40) === 0 ? 0 : 0xff
  let value = (first ^ flip) & 0x3f
  for (let at = offset + 1; at < offset + length; at++) value = value * 256 + ((block[at] ?? 0) ^ flip)
  return flip === 0 ? value : -value - 1
}

/** A decimal whole number of a pax record or sparse map; NaN when malformed or above 2^53 - 1. */
export function parseDecimal(text: string): number {
  if (!/^[0-9]{1,20}$/.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : Number.NaN
}

/** A pax time, seconds with an optional fraction, in nanoseconds (further digits are dropped); undefined when malformed. */
export function parsePaxTime(text: string): bigint | undefined {
  const match = /^(-?)([0-9]{1,30})(?:\.([0-9]{0,60}))?$/.exec(text)
  if (match === null) return undefined
  const nanos = BigInt(`${match[2]}${(match[3] ?? '').slice(0, 9).padEnd(9, '0')}`)
  return clampTime(match[1] === '-' ? -nanos : nanos)
}

/** Whole seconds of a header field in nanoseconds. */
export function secondsToNanos(seconds: number): bigint {
  return clampTime(Number.isSafeInteger(seconds) ? BigInt(seconds) * 1_000_000_000n : seconds < 0 ? minTime : maxTime)
}

/** Times further away than 64 bits of nanoseconds (292 years) can tell are moved to that edge, as file systems do. */
function clampTime(nanos: bigint): bigint {
  if (nanos > maxTime) return maxTime
  return nanos < minTime ? minTime : nanos
}
