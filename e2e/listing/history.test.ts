import test from 'ava'
import { parse } from 'yaml'
import { assertFailure } from '../negative/leftovers.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const long = `LABEL text="${'日本é '.repeat(30)}end"`
const input = `FROM scratch\nCOPY <<E /x\nfirst\nE\n${long}\nCOPY <<E /y\nsecond\nE\n`

async function lines(space: Workspace, ...args: readonly string[]): Promise<string[]> {
  return (await space.ok(['history', 'app', ...args])).stdout.trimEnd().split('\n')
}

test('the newest entry comes first, with its layer and size; long instructions are cut', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'app', '-'], { input, env: { SOURCE_DATE_EPOCH: '1700000000' } })
  const [head = '', top = '', label = '', base = ''] = await lines(space)
  t.regex(head, /^LAYER +CREATED +CREATED BY +SIZE$/)
  t.regex(top, /^\w{12} +\d years? ago +COPY <<E \/y.* +[\d.]+kB$/)
  t.regex(label, /^ {15}\d years? ago +LABEL text=日本é .*\.\.\.$/)
  t.regex(base, /^\w{12} .*\/x/)
  t.is((await lines(space)).length, 4)

  const whole = await lines(space, '--no-trunc')
  t.true(whole[2]?.endsWith('日本é end'))
  t.regex(whole[1] ?? '', /^sha256:\w{64} /)
  for (const flag of ['--no-human', '--human=false', '-H=false']) {
    t.regex((await lines(space, flag))[1] ?? '', /^\w{12} +2023-11-14T22:13:20(?:\.000)?Z +COPY .* +\d{4}$/, flag)
  }
  t.regex((await lines(space, '--human=true'))[1] ?? '', /ago/)
  t.deepEqual(await lines(space, '-q'), [top.slice(0, 12), base.slice(0, 12)])
  const data = JSON.parse((await space.ok(['history', '--json', 'app'])).stdout)
  t.deepEqual(parse((await space.ok(['history', '--format', 'yaml', 'app'])).stdout), data)
  t.deepEqual(await lines(space, '-q', '--no-trunc'), [data[0].diffID, data[2].diffID])
  t.is(data[1].diffID, null)
})

test('history that is wrong usage, or of nothing', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'app', '-'], { input: 'FROM scratch\n' })
  t.regex((await lines(space)).join('\n'), /^LAYER +CREATED +CREATED BY +SIZE$/)
  assertFailure(t, await space.ibuild(['history']), { code: 2, error: 'USAGE', says: ['missing required argument'] })
  assertFailure(t, await space.ibuild(['history', 'app', 'app']), {
    code: 2,
    error: 'USAGE',
    says: ['too many arguments'],
  })
  assertFailure(t, await space.ibuild(['history', 'ap']), { error: 'IMAGE_NOT_FOUND', says: ['Did you mean app'] })
  assertFailure(t, await space.ibuild(['history', 'app', '--format', 'xml']), { code: 2, error: 'USAGE' })
})

test('du says what frees what; with -v what each image has for itself', async (t) => {
  const space = await makeWorkspace(t)
  t.regex(
    (await space.ok(['du'])).stdout,
    /^KIND +COUNT +SIZE +FREED BY\nimages +0 +0B +ibuild rmi\n[^]*\ntotal +0B\n$/,
  )
  await space.ok(['-q', '-t', 'app', '-'], { input })
  await space.ok(['-q', '-t', 'child', '-'], { input: `${input}COPY <<E /z\n${'third'.repeat(9999)}\nE\n` })
  const usage = JSON.parse((await space.ok(['du', '-v', '--json'])).stdout)
  t.is(usage.images.count, 2)
  t.like(usage.perImage, { 0: { names: ['child:latest'] }, 1: { names: ['app:latest'], unique: 0 } })
  t.is(usage.perImage[0].size - usage.perImage[1].size, usage.perImage[0].unique)
  t.regex((await space.ok(['du', '-v'])).stdout, /\nIMAGE ID +SIZE +SHARED +UNIQUE +NAMES\n\w{12} .* child:latest\n/)
  await space.ok(['rmi', 'child'])
  const { garbage, cache } = JSON.parse((await space.ok(['du', '--json'])).stdout)
  t.true(cache.bytes > 50_000)
  t.is(JSON.parse((await space.ok(['prune', '--json'])).stdout).bytes, garbage.bytes)
})
