import { join } from 'node:path'
import test from 'ava'
import type { CommandTable } from '../../app/cli/command-group.ts'
import { commands } from '../../app/cli/command-table.ts'
import { gcCommands } from '../../app/cli/gc/command-table.ts'
import { policyCommands } from '../../app/cli/gc/policy.ts'
import { trashCommands } from '../../app/cli/gc/trash.ts'
import { notaryCommands } from '../../app/cli/notary/command-table.ts'
import { registryCommands } from '../../app/cli/registry/command-table.ts'
import { trustCommands } from '../../app/cli/trust/command-table.ts'
import { delegationCommands } from '../../app/cli/trust/delegation.ts'
import { keyCommands } from '../../app/cli/trust/key.ts'
import { pendingCommands } from '../../app/cli/trust/pending.ts'
import { signerCommands } from '../../app/cli/trust/signer.ts'
import { main } from '../../app/main.ts'
import { repository } from '../../scripts/repository.ts'
import { runOk } from '../testing/run.ts'

// Each call of the command listens for errors of both, as a process does that makes one.
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0)

/** What the command says in this process: a start of its own for each of them would take a minute. */
const help = async (...args: string[]): Promise<string> => {
  const texts: string[] = []
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (text: string | Uint8Array, ...rest: unknown[]) => {
    texts.push(String(text))
    const told = rest.at(-1)
    if (typeof told === 'function') told()
    return true
  }
  try {
    if ((await main(args)) !== 0) throw new Error(`ibuild ${args.join(' ')} failed`)
  } finally {
    process.stdout.write = write
  }
  return texts.join('')
}

test.serial('a process of its own says the same', async (t) => {
  const { stdout, stderr } = await runOk(process.execPath, [join(repository, 'bin/ibuild.cjs'), '--help'])
  t.deepEqual([stdout, stderr], [await help('--help'), ''])
})

test.serial('the help names every command', async (t) => {
  const text = await help('--help')
  for (const [name, { summary }] of Object.entries(commands))
    t.true(text.includes(`  ${name}`) && text.includes(summary))
  t.is(await help('help'), text)
  t.deepEqual(tooWide(text), [])
})

/** Commands that have commands of their own. */
const groups: Readonly<Record<string, CommandTable>> = {
  gc: gcCommands,
  'gc policy': policyCommands,
  'gc trash': trashCommands,
  notary: notaryCommands,
  registry: registryCommands,
  trust: trustCommands,
  'trust delegation': delegationCommands,
  'trust key': keyCommands,
  'trust pending': pendingCommands,
  'trust signer': signerCommands,
}

for (const [group, table] of Object.entries(groups)) {
  test.serial(`the help of ibuild ${group} names every command of it`, async (t) => {
    const text = await help(...group.split(' '), '--help')
    for (const [name, { summary }] of Object.entries(table))
      t.true(text.includes(`  ${name}`) && text.includes(summary), name)
  })
}

/** `key rotate` is another name of `rotate`. */
const aliases: ReadonlySet<string> = new Set(['trust key rotate'])
const inGroups = Object.entries(groups).flatMap(([group, table]) =>
  Object.keys(table).map((name) => `${group} ${name}`),
)

for (const name of new Set([...Object.keys(commands), ...inGroups].filter((name) => !aliases.has(name)))) {
  test.serial(`ibuild ${name} --help tells of each argument and option, and fits a terminal`, async (t) => {
    const words = name.split(' ')
    const text = await help(...words, '--help')
    t.regex(text, new RegExp(`^Usage: ibuild ${name} \\S`))
    t.regex(text, /^ {2}--root <dir> +\S/m)
    t.regex(text, /^ {2}-h, --help +show this text$/m)
    const [usage = ''] = text.split('\n')
    for (const [, word = ''] of usage.matchAll(/[<[](\w+)(?:\.\.\.)?[>\]]/g))
      if (word !== 'options') t.regex(text, new RegExp(`^ {2}${word} +\\S`, 'm'), word)
    for (const line of text.split('\n').filter((line) => /^ {2}--?\w/.test(line)))
      t.regex(line, /^ {2}-.*\S {2,}\S/, line)
    t.deepEqual(tooWide(text), [])
    t.is(await help(...words.slice(0, -1), 'help', words.at(-1) ?? ''), text)
  })
}

function tooWide(text: string): string[] {
  return text.split('\n').filter((line) => line.length > 100)
}
