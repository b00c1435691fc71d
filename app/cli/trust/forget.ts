import { join } from 'node:path'
import { folderTrustCache } from '../../../notary/client/cache/folder-cache.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { confirm } from './confirm.ts'
import { gunOf } from './image-name.ts'

interface Flags {
  readonly root?: string
  readonly yes?: boolean
}

const help = `
The next contact is a first one then: an older state and other root keys are not noticed. It is
for a collection that was made anew, after its root keys were compared with those of whoever
signs.`

/** `ibuild trust forget IMAGE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust forget', 'Forget what was seen of the trusted collection of an image')
    .argument('<repository>', 'the image, without tag')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const gun = gunOf(words[0] ?? '')
  await confirm(`Forget what was seen of ${gun}, so that older or other keys are not noticed?`, flags)
  await folderTrustCache(join(dataFolder(flags.root), 'trust')).remove(gun)
  process.stdout.write(`forgot ${gun}\n`)
  return 0
}
