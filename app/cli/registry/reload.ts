import { createParser, parseArguments } from '../arguments.ts'
import { writeLines } from '../write-lines.ts'
import { useAdmin } from './use-admin.ts'

/** `ibuild registry reload` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry reload', 'Let the running server read its configuration again, as SIGHUP does')
    .addHelpText('after', '\nWhen the new configuration cannot be used, the old one stays in force.')
    .allowExcessArguments(false)
  const { options } = parseArguments<{ readonly root?: string }>(parser, argv)
  const { changed, waiting } = await useAdmin(options, (admin) => admin.reload())
  await writeLines([
    ...(changed.length + waiting.length === 0 ? ['nothing changed\n'] : []),
    ...changed.map((key) => `${key}: in force\n`),
    ...waiting.map((key) => `${key}: at the next start\n`),
  ])
  return 0
}
