import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { runOk } from '../../testing/run.ts'
import { openTerminal } from '../../testing/terminal.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { type AccessScene, accessScene, as, changed, passwordOf, statusOf } from './scene.ts'

test('accounts are added, listed, changed and removed, without a server and without a data folder', async (t) => {
  const { root, user } = accessScene(t)
  t.deepEqual((await user(['list'])).stdout, '')
  for (const name of ['ann', 'Ann', '\u00e4nn'])
    t.deepEqual(await codes(user(['add', name, '--password-stdin'], `secret of ${name}\n`)), [0, '', ''])
  t.is((await user(['list'])).stdout, 'ann\nAnn\n\u00e4nn\n')
  t.deepEqual(JSON.parse((await user(['list', '--json'])).stdout), ['ann', 'Ann', '\u00e4nn'])
  const file = join(root, 'registry/htpasswd')
  t.is(statSync(file).mode & 0o777, 0o600)
  const before = readFileSync(file, 'utf8')
  t.regex(before, /^(?:[^:\n]+:\$2b\$11\$[./\w]{53}\n){3}$/)
  t.false(before.includes('secret'))
  t.is((await user(['passwd', 'Ann', '--password-stdin'], 'another')).code, 0)
  const after = readFileSync(file, 'utf8').split('\n')
  t.deepEqual(
    before.split('\n').map((line, i) => line === after[i]),
    [true, false, true, true],
  )
  t.is((await user(['remove', 'ann'])).code, 0)
  t.is((await user(['list'])).stdout, 'Ann\n\u00e4nn\n')
})

async function addByCommand(user: AccessScene['user'], name: string): Promise<void> {
  const { code, stderr } = await user(['add', name, '--password-stdin'], passwordOf(name))
  if (code !== 0) throw new Error(stderr)
}

async function codes(output: Promise<{ code: number; stdout: string; stderr: string }>): Promise<unknown[]> {
  const { code, stdout, stderr } = await output
  return [code, stdout, stderr]
}

test('what cannot be done is said, and changes nothing', async (t) => {
  const { root, user, add } = accessScene(t)
  await add('ann')
  const file = join(root, 'registry/htpasswd')
  const before = readFileSync(file, 'utf8')
  const rows: readonly [args: string[], input: string, code: number, message: RegExp][] = [
    [['add', 'ann', '--password-stdin'], 'x', 1, /there is an account ann already.*ACCOUNT_EXISTS/],
    [['passwd', 'bob', '--password-stdin'], 'x', 1, /there is no account bob.*ACCOUNT_NOT_FOUND/],
    [['remove', 'ANN'], '', 1, /there is no account ANN/],
    [['add', 'a:b', '--password-stdin'], 'x', 2, /the name "a:b" has a colon/],
    [['add', 'a\u0308', '--password-stdin'], 'x', 2, /NFC/],
    [['add', 'a\u001b[31m', '--password-stdin'], 'x', 2, /cannot be seen/],
    [['add', '', '--password-stdin'], 'x', 2, /is empty/],
    [['add', '--password-stdin'], 'x', 2, /name of the account is missing/],
    [['add', 'bob', '--password-stdin'], '', 2, /the password is empty/],
    [['add', 'bob', '--password-stdin'], 'x'.repeat(73), 2, /the password has more than 72 bytes/],
    [['add', 'bob', '--password-stdin'], 'hunter2\nmore', 2, /control character/],
    [['add', 'bob'], 'x', 2, /no terminal to ask/],
    [['add', 'bob', 'hunter2'], 'x', 2, /too many arguments/],
    [['add', 'bob', '--password', 'hunter2'], 'x', 2, /unknown option '--password'/],
    [['list', 'ann'], '', 2, /takes no name/],
    [['remove', 'ann', '--json'], '', 2, /--json is for list/],
    [['remove', 'ann', '--password-stdin'], 'x', 2, /needs no password/],
    [['ad', 'bob'], 'x', 2, /"ad" is none of add, passwd, remove, list/],
  ]
  for (const [args, input, code, message] of rows) {
    const output = await user(args, input)
    t.is(output.code, code, args.join(' '))
    t.regex(output.stderr, message)
    t.notRegex(output.stderr, /\u001b/)
    if (args.includes('bob') && !args.includes('hunter2')) t.notRegex(output.stderr, /hunter2/)
  }
  t.is(readFileSync(file, 'utf8'), before)
})

test('a file that is wrong is named with its line, and is not written over', async (t) => {
  const { folder, user } = accessScene(t)
  const file = join(folder, 'accounts')
  writeFileSync(file, '# ours\nann:$apr1$abc$secretsecret\n')
  for (const args of [['list'], ['add', 'bob', '--password-stdin'], ['remove', 'ann']]) {
    const { code, stderr } = await user([...args, '--htpasswd', file], 'x')
    t.is(code, 2)
    t.regex(stderr, /accounts, line 2: the password of ann is an MD5 hash; only bcrypt is taken.*ACCOUNTS_INVALID/)
    t.notRegex(stderr, /secretsecret/)
  }
  t.is(readFileSync(file, 'utf8'), '# ours\nann:$apr1$abc$secretsecret\n')
})

test('the file is the one that the configuration names, relative to it', async (t) => {
  const { folder, root, configure, user } = accessScene(t)
  configure({ access: { htpasswd: 'people' } })
  await addByCommand(user, 'ann')
  t.true(existsSync(join(folder, 'people')))
  t.false(existsSync(join(root, 'registry/htpasswd')))
  t.is((await user(['list'])).stdout, 'ann\n')
})

test('commands at once lose nothing of each other', async (t) => {
  const { user } = accessScene(t)
  const names = ['a', 'b', 'c', 'd']
  await Promise.all(names.map((name) => addByCommand(user, name)))
  t.deepEqual((await user(['list'])).stdout.trim().split('\n').sort(), names)
})

test('a running server takes changes by itself: who was removed is out, also if he was just let in', async (t) => {
  const { add, user, serve } = accessScene(t)
  await add('ann', 'bob')
  const serving = await serve()
  const { url } = serving
  t.deepEqual([await statusOf(`${url}/v2/`, as('ann')), await statusOf(`${url}/v2/`, as('bob'))], [200, 200])
  await changed(serving.stderr, async () => t.is((await user(['remove', 'ann'])).code, 0))
  t.is(await statusOf(`${url}/v2/`, as('ann')), 401)
  await changed(serving.stderr, async () => {
    t.is((await user(['passwd', 'bob', '--password-stdin'], 'new')).code, 0)
  })
  t.is(await statusOf(`${url}/v2/`, as('bob')), 401)
  t.is(await statusOf(`${url}/v2/`, as('bob', 'new')), 200)
  await changed(serving.stderr, () => addByCommand(user, 'carl'))
  t.is(await statusOf(`${url}/v2/`, as('carl')), 200)
})

needs(test, 'script')('on a terminal the password is asked for twice and not seen', async (t) => {
  const { root, user } = accessScene(t)
  const ask = async (first: string, second: string): Promise<string> => {
    const words = [process.execPath, ibuildScript, 'registry', 'user', 'add', 'ann', '--root', root]
    const terminal = openTerminal(t, words)
    await terminal.sees(/New password: $/)
    terminal.type(`${first}\r`)
    await terminal.sees(/The same again: $/)
    terminal.type(`${second}\r`)
    await terminal.ended()
    return terminal.shown()
  }
  const shown = await ask('hunter2', 'hunter3')
  t.regex(shown, /the two passwords are not the same/)
  t.notRegex(shown, /hunter/)
  t.is((await user(['list'])).stdout, '')
  t.notRegex(await ask('hunter2', 'hunter2'), /hunter/)
  t.is((await user(['list'])).stdout, 'ann\n')
})

needs(test, 'perl')("hashes of the system's crypt are taken, and it takes ours", async (t) => {
  const { folder, root, user, configure, serve } = accessScene(t)
  const crypt = async (password: string, setting: string): Promise<string> =>
    (await runOk(requireProgram('perl'), ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, setting])).stdout
  const theirs = await crypt(passwordOf('ann'), '$2y$05$abcdefghijklmnopqrstuu')
  t.regex(theirs, /^\$2y\$05\$/)
  writeFileSync(join(folder, 'people'), `ann:${theirs}\n`)
  configure({ access: { htpasswd: 'people' } })
  const { url } = await serve()
  t.is(await statusOf(`${url}/v2/`, as('ann')), 200)
  t.is(await statusOf(`${url}/v2/`, as('ann', 'x')), 401)
  configure({})
  await addByCommand(user, 'bob')
  const ours = readFileSync(join(root, 'registry/htpasswd'), 'utf8').trim().split(':')[1] ?? ''
  t.is(await crypt(passwordOf('bob'), ours), ours)
  t.is((await user(['list'])).stdout, 'bob\n')
})
