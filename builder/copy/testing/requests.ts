import { memoryFiles } from '../../context/memory.ts'
import type { CopyRequest } from '../types.ts'

export const location = { file: 'Dockerfile', startLine: 7, endLine: 7, text: 'COPY a b' }

/** A COPY of everything to `/app/` of an empty image, with some fields changed. */
export function copyRequest(changes: Partial<CopyRequest> = {}): CopyRequest {
  return {
    kind: 'COPY',
    source: memoryFiles([], 0n),
    sourceIsImage: false,
    sources: ['.'],
    inlineFiles: [],
    destination: '/app/',
    workdir: '/',
    chown: undefined,
    chmod: undefined,
    unpack: undefined,
    location,
    target: memoryFiles([], 0n),
    mtime: 42n,
    temporary: '/nonexistent',
    ...changes,
  }
}
