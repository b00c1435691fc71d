import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { IbuildError, unlessMissing } from '../../../shared/base/errors.ts'

/** Where a backup goes. */
export type BackupKind = 'folder' | 'file' | 'stdout'

export interface BackupForm {
  readonly compression?: string
  readonly hardLink?: boolean
}

/** A folder is one that is there, or a name that ends in a slash. Errors: USAGE. */
export async function kindOf(destination: string): Promise<BackupKind> {
  if (destination === '') throw new IbuildError('USAGE', 'the name of the backup is empty')
  if (destination === '-') return 'stdout'
  if (destination.endsWith('/')) return 'folder'
  const found = await stat(destination).catch(unlessMissing)
  return found?.isDirectory() === true ? 'folder' : 'file'
}

/** Errors: USAGE for what does not go together. */
export function checkForm(kind: BackupKind, { compression, hardLink }: BackupForm): void {
  if (kind === 'folder' && compression !== undefined)
    throw new IbuildError('USAGE', '--compression is for a file or stdout: a folder has blobs as they are')
  if (kind !== 'folder' && hardLink === true) throw new IbuildError('USAGE', '--hard-link needs a folder')
  if (compression !== undefined && compression !== 'zstd' && compression !== 'none')
    throw new IbuildError('USAGE', `--compression: ${JSON.stringify(compression)} is neither zstd nor none`)
  if (kind === 'stdout' && process.stdout.isTTY)
    throw new IbuildError('USAGE', 'a backup is not written to a terminal', {
      hint: 'Name a file, or redirect stdout.',
    })
}

/** `folder` is that of the registry: a backup in it would be a part of the next one, or of itself. Errors: USAGE. */
export function checkPlace(destination: string, folder: string): void {
  if (destination === '-' || !`${resolve(destination)}/`.startsWith(`${folder}/`)) return
  throw new IbuildError('USAGE', `a backup cannot lie in ${folder}`, { hint: 'Best it lies on another disk.' })
}
