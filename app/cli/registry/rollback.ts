import { isDigest } from '../../../shared/base/digest.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { parseTagName } from './tag-name.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly config?: string
  readonly to?: string
  readonly json?: boolean
}

const help = `
Without --to the tag gets what it led to before; done twice, it is as it was. That is one more move
of its history, and no other tag changes. Refused for tags that tags.immutable keeps, while the
registry is read-only, and for what is gone.`

/** `ibuild registry rollback REPOSITORY[:TAG] [--to MOVE|DIGEST]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry rollback', 'Set a tag back to what it led to')
    .argument('<name>', 'REPOSITORY[:TAG], without the host of the registry')
    .option('--to <move|digest>', 'a move of ibuild registry history, or a digest in it (default: the one before)')
    .option('--config <file>', 'configuration, where no server runs (default: IBUILD_REGISTRY_CONFIG)')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const { repository, tag } = parseTagName(words[0] ?? '')
  const to = targetOf(flags.to)
  const done = await useAdmin(flags, (admin) => admin.rollBackTag(repository, tag, to))
  const { restored, digest, before } = done
  const line =
    before === digest
      ? `${repository}:${tag} is ${digest} already`
      : `${repository}:${tag} is ${digest} again, as by move ${restored}; it was ${before ?? 'deleted'}`
  await writeLines([flags.json === true ? jsonText(done) : `${line}\n`])
  return 0
}

/** Errors: USAGE. */
function targetOf(text: string | undefined): number | string | undefined {
  if (text === undefined || isDigest(text)) return text
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text)
  throw new IbuildError('USAGE', `--to: ${JSON.stringify(text)} is neither the number of a move nor a digest`)
}
