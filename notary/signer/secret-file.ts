import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { IbuildError } from '../../shared/base/errors.ts'

type Notify = (notice: string) => void

/** As {@link judgeSecretFile}, for a file of the signer. Errors: SIGNER_INVALID, and those of the file system. */
export async function checkSecretFile(file: string, onNotice: Notify = () => {}): Promise<void> {
  judgeSecretFile(file, await stat(file), { code: 'SIGNER_INVALID', onNotice })
}

/**
 * Holds a file with a secret against who else may do something with it: what others may write is no secret of ours, and is refused; that
 * others may read it is told, for secrets are put into containers like that. What is no file, such as a pipe, is let pass. Errors: one
 * with `code`.
 */
export function judgeSecretFile(
  file: string,
  stats: Stats,
  { code, onNotice }: { readonly code: ErrorCode; readonly onNotice: Notify },
): void {
  if (!stats.isFile()) return
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0')
  if ((stats.mode & 0o022) !== 0)
    throw new IbuildError(code, `${file} holds a secret, and others may write it (mode ${mode})`, {
      hint: `Run chmod 600 ${file}.`,
    })
  if ((stats.mode & 0o044) !== 0)
    onNotice(`${file} holds a secret, and others may read it (mode ${mode}): chmod 600 keeps it to its owner`)
}
