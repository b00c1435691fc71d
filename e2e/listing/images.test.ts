import test from 'ava'
import { parse } from 'yaml'
import { assertFailure } from '../negative/leftovers.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { damageConfig, damageTag } from './damage-image.ts'

const dockerfile = (text: string): string => `FROM scratch\nCOPY <<E /x\n${text}\nE\nLABEL text="${text}"\n`

test('a data folder without images gives the heading alone, no IDs, an empty array', async (t) => {
  const space = await makeWorkspace(t)
  t.is((await space.ok(['images'])).stdout, 'REPOSITORY   TAG   IMAGE ID   CREATED   SIZE\n')
  t.is((await space.ok(['images', '-q'])).stdout, '')
  t.deepEqual(JSON.parse((await space.ok(['images', '--json'])).stdout), [])
  t.deepEqual(parse((await space.ok(['images', '--format', 'yaml'])).stdout), [])
})

test('images by name, pattern, label and age, in each format', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'one:1', '-t', 'host:5000/team/app:2', '-'], { input: dockerfile('first') })
  await space.ok(['-q', '-t', 'one:2', '-'], { input: dockerfile('second é日本') })
  await space.ok(['-q', '-'], { input: dockerfile('unnamed') })
  const tags = async (...args: readonly string[]): Promise<string[]> => {
    const { stdout } = await space.ok(['images', '--json', ...args])
    return JSON.parse(stdout).map(({ repository, tag }: Record<string, string>) => `${repository}:${tag}`)
  }
  t.deepEqual(await tags(), ['<none>:<none>', 'one:2', 'host:5000/team/app:2', 'one:1'])
  t.deepEqual(await tags('one'), ['one:2', 'one:1'])
  t.deepEqual(await tags('one:2'), ['one:2'])
  t.deepEqual(await tags('*:2'), ['one:2'])
  t.deepEqual(await tags('-f', 'label=text=second é日本'), ['one:2'])
  t.deepEqual(await tags('--filter', 'dangling=true'), ['<none>:<none>'])
  t.deepEqual(await tags('--filter', 'before=one:2', 'one'), ['one:1'])
  t.deepEqual(await tags('nothing'), [])
  const yaml = (await space.ok(['images', '--format', 'yaml'])).stdout
  t.deepEqual(parse(yaml), JSON.parse((await space.ok(['images', '--format', 'json'])).stdout))
  const table = (await space.ok(['images', '--digests', '--no-trunc'])).stdout
  t.regex(
    table,
    /^REPOSITORY +TAG +DIGEST +IMAGE ID +CREATED +SIZE\n(?:\S+ +\S+ +sha256:\w{64} +sha256:\w{64} .*\n){4}$/,
  )
})

const wrong: [args: string[], error: string, says: RegExp][] = [
  [['--filter', 'dangling'], 'USAGE', /is not KEY=VALUE/],
  [['--filter', 'lable=x'], 'USAGE', /hint: Did you mean label\?/],
  [['--filter', 'since=nothing'], 'IMAGE_NOT_FOUND', /no image "nothing"/],
  [['--format', '{{.ID}}'], 'USAGE', /templates are not supported/],
  [['--format', 'jsn'], 'USAGE', /Did you mean json/],
  [['--format', 'yaml', '--json'], 'USAGE', /--json and --format differ/],
  [['one', 'two'], 'USAGE', /too many arguments/],
  [['[a'], 'USAGE', /is not a pattern/],
]
for (const [args, error, says] of wrong) {
  test(`images ${args.join(' ')}: refused`, async (t) => {
    const space = await makeWorkspace(t)
    const code = error === 'USAGE' ? 2 : 1
    assertFailure(t, await space.ibuild(['images', ...args]), { code, error, says: [says] })
  })
}

test('beside a damaged image and a damaged tag all others are listed; building again mends the image', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'good', '-t', 'lost', '-'], { input: dockerfile('good') })
  await space.ok(['-q', '-t', 'bad:1', '-'], { input: dockerfile('bad') })
  const { imageID, manifestDigest } = damageConfig(space.root, 'bad:1')
  damageTag(space.root, 'lost')
  const { code, stdout, stderr } = await space.ibuild(['images'])
  t.is(code, 1)
  t.regex(stdout, new RegExp(`^good +latest .*\\n`, 'm'))
  t.regex(stdout, new RegExp(`^bad +1 +${imageID.slice(7, 19)} +damaged +N/A\\n`, 'm'))
  t.notRegex(stdout, /lost/)
  t.regex(stderr, new RegExp(`image ${manifestDigest} \\(docker.io/library/bad:1\\) is damaged.*\\[STORE_INVALID\\]`))
  t.regex(stderr, /hint: Build or load it again, or remove it with ibuild rmi docker.io\/library\/bad:1/)
  t.regex(stderr, /the tag in .* is damaged/)
  t.deepEqual((await space.ibuild(['images', '-q'])).stdout.split('\n').length, 3)
  const [listed] = JSON.parse((await space.ibuild(['images', '--json', 'bad'])).stdout)
  t.is(listed.size, null)
  t.regex(listed.damaged, /is damaged/)

  await space.ok(['-q', '-t', 'bad:1', '-'], { input: dockerfile('bad') })
  await space.ok(['tag', 'good', 'lost'])
  const mended = await space.ok(['images'])
  t.is(mended.stderr, '')
  t.regex(mended.stdout, /^lost +latest/m)
})

test('whatever needs a damaged image names it, and says how to mend it, once', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'bad:1', '-'], { input: 'FROM scratch\nCOPY <<E /x\nE\n' })
  const { manifestDigest } = damageConfig(space.root, 'bad:1')
  const says = new RegExp(
    `^ibuild: image ${manifestDigest} \\(docker.io/library/bad:1\\) is damaged: blob sha256:\\w+ is damaged.*\\n[^]*hint: Build or load it again, or remove it with ibuild rmi docker.io/library/bad:1\\n`,
    'm',
  )
  for (const args of [['inspect', 'bad:1'], ['history', 'bad:1'], ['save', 'bad:1', '-o', 'x.tar'], ['du'], ['-']])
    t.regex((await space.ibuild(args, { input: 'FROM bad:1\nLABEL a=b\n' })).stderr, says, args.join(' '))
})
