import { basename } from 'node:path'
import type { LayerSource } from './types.ts'

/** The instruction of a layer, as far as a rewrite depends on it. */
export type InstructionName = 'RUN' | 'COPY' | 'ADD' | 'other'

/** What made a layer, from the text of its instruction or its history entry. */
export function instructionOf({ text }: Pick<LayerSource, 'text'>): InstructionName {
  const name = /^\s*(RUN|COPY|ADD)\b/i.exec(text)?.[1]?.toUpperCase()
  return name === 'RUN' || name === 'COPY' || name === 'ADD' ? name : 'other'
}

/** How a person finds a layer (from 0): `Dockerfile:4`, or `layer 3`. */
export function placeOf({ location }: Pick<LayerSource, 'location'>, layer: number): string {
  return location === undefined ? `layer ${layer + 1}` : `${basename(location.file)}:${location.startLine}`
}

/** The text of an instruction from a history entry: without what builders put around it. */
export function instructionText(createdBy: string): string {
  const text = createdBy.replace(/\s*# buildkit$/, '').trim()
  const legacy = /^\/bin\/sh -c #\(nop\)\s+(.*)$/s.exec(text)
  if (legacy?.[1] !== undefined) return legacy[1].trim()
  const run = text.replace(/^RUN (?:\|\d+ .*? )?(?=\/bin\/sh -c )/s, '')
  if (run.startsWith('/bin/sh -c ')) return `RUN ${run.slice('/bin/sh -c '.length).trim()}`
  return text
}

/** `uid:gid` or names that a chown in a shell command gives, as written; undefined when there is none that can be read. */
export function chownOwner(text: string): string | undefined {
  const owner = /\bchown\s+(?:-\S+\s+)*([\w.-]+(?::[\w.-]*)?)\s/.exec(text)?.[1]
  return owner?.replace(/:$/, '')
}
