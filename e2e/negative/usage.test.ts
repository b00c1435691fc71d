import test from 'ava'
import { makeWorkspace } from '../testing/workspace.ts'

/** Words of a wrong command line, and what the error must say. `%` stands for a folder with a Dockerfile. */
const rows: [args: string, says: RegExp][] = [
  ['build', /missing required argument 'context'/],
  ['build % %', /too many arguments|exactly one context/],
  ['--bogus %', /unknown option '--bogus'/],
  ['--tga x %', /unknown option '--tga'/],
  ['-t', /argument missing/],
  ['-t Bad:Name %', /Bad:Name.*lower-case/],
  ['-t x@sha256:00 %', /x@sha256:00/],
  ['-f - -', /stdin/],
  ['--memory 1x %', /--memory: "1x" is not a size/],
  ['--memory -5 %', /--memory: "-5" is not a size/],
  ['--shm-size lots %', /--shm-size/],
  ['--cpu-quota 1.5 %', /--cpu-quota/],
  ['--ulimit nofile %', /--ulimit/],
  ['--add-host nothing %', /--add-host/],
  ['--network bridge %', /--network: "bridge"/],
  ['--progress fancy %', /progress "fancy"/],
  ['--build-arg =x %', /has no key/],
  ['--label =x %', /has no key/],
  ['-o type=zip %', /type "zip"/],
  ['-o type=oci,dst=x %', /unknown key "dst"/],
  ['-o type=local %', /needs dest/],
  ['-q -o type=local,dest=%/Dockerfile %', /Dockerfile: it is not a folder/],
  ['-q -o type=oci,dest=% %', /it is a folder/],
  ['nowhere', /"nowhere".*no such/],
  ['%/Dockerfile', /not a directory/],
  ['-f nowhere %', /nowhere/],
  ['--root', /argument missing/],
  ['--root= images', /--root is empty/],
  ['images a b', /too many arguments/],
  ['images --bogus', /unknown option/],
  ['tag', /missing required argument 'image'/],
  ['tag a', /missing required argument 'name'/],
  ['tag a b c', /too many arguments/],
  ['tag a --bogus', /unknown option/],
  ['rmi', /missing required argument 'image'/],
  ['rmi --bogus', /unknown option/],
  ['inspect', /missing required argument 'object'/],
  ['inspect --bogus', /unknown option/],
  ['history', /missing required argument 'image'/],
  ['history a b', /too many arguments/],
  ['history --bogus', /unknown option/],
  ['save', /missing required argument 'image'/],
  ['save a --format zip', /--format: "zip"/],
  ['save a --bogus', /unknown option/],
  ['load a b', /too many arguments/],
  ['load nowhere', /cannot read nowhere/],
  ['load -t Bad:Name nowhere', /Bad:Name|nowhere/],
  ['load --bogus', /unknown option/],
  ['import', /missing required argument 'file'/],
  ['import nowhere', /cannot read nowhere/],
  ['import a b c', /too many arguments/],
  ['import %/Dockerfile Bad:Name', /Bad:Name/],
  ['import %/Dockerfile --change RUN', /--change|RUN/],
  ['import --bogus x', /unknown option/],
  ['prune extra', /too many arguments/],
  ['prune --bogus', /unknown option/],
  ['version extra', /too many arguments/],
  ['help extra', /no command "extra"/],
  ['--squash=some %', /squash/],
  ['--max-layers few %', /max-layers/],
  ['--explain=xml %', /--explain=xml/],
  ['--explain --progress rawjson %', /--explain prints text/],
  ['squash', /missing required argument 'image'/],
  ['squash a b', /too many arguments/],
  ['squash a --from-layer 0', /--from-layer: "0"/],
  ['analyze', /missing required argument 'image'/],
  ['analyze a --fail-waste much', /--fail-waste/],
  ['diff', /missing required argument 'a'/],
  ['diff a b c', /too many arguments/],
  ['commit', /missing required argument 'source'/],
  ['commit a b c', /too many arguments/],
  ['export', /missing required argument 'source'/],
  ['export a b', /too many arguments/],
  ['rm', /missing required argument 'container'/],
  ['containers extra', /too many arguments/],
  ['prune --max-size much', /--max-size/],
]

for (const [args, says] of rows) {
  test(`ibuild ${args}`, async (t) => {
    const space = await makeWorkspace(t)
    space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const output = await space.ibuild(args.split(' ').map((word) => word.replace('%', 'c')))
    t.is(output.code, 2, output.stderr)
    const [first = '', ...rest] = output.stderr.trimEnd().split('\n')
    t.regex(first, /^ibuild: .* \[[A-Z_]+\]$/)
    t.regex(first, says)
    t.true(
      rest.length === 1 || args.includes('--change'),
      `one line for the error and one for the hint\n${output.stderr}`,
    )
    t.regex(rest.at(-1) ?? '', /^hint: \S/)
    t.is(output.stdout, '')
  })
}

const suggestions: [args: string, hint: RegExp][] = [
  ['--tga x %', /Did you mean --tag\?/],
  ['imags', /ibuild images/],
  ['histroy x', /ibuild history/],
  ['run --memry 5m x', /--memory/],
  ['ps', /ibuild containers/],
  ['pul x', /ibuild pull/],
  ['--push %', /-t HOST/],
  ['--platform=linux/arm64 %', /this machine only/],
  ['run -it x', /no terminal/],
  ['images -a', /all images are listed/],
  ['--explain=xml %', /See ibuild build --help/],
  ['load a -i b', /See ibuild load --help/],
]

for (const [args, hint] of suggestions) {
  test(`ibuild ${args}: what was meant`, async (t) => {
    const space = await makeWorkspace(t)
    space.write('c', { Dockerfile: 'FROM scratch\n' })
    const output = await space.ibuild(args.split(' ').map((word) => word.replace('%', 'c')))
    t.not(output.code, 0)
    t.regex(output.stderr, new RegExp(`^hint: .*${hint.source}`, 'm'))
  })
}

const runRows: [args: string, says: RegExp][] = [
  ['run', /missing required argument 'image'/],
  ['run --bogus x', /unknown option/],
  ['run nosuch', /no image "nosuch"/],
  ['run --network bridge x', /--network|no image/],
]

for (const [args, says] of runRows) {
  test(`ibuild ${args}: 125, as docker run`, async (t) => {
    const output = await (await makeWorkspace(t)).ibuild(args.split(' '))
    t.is(output.code, 125, output.stderr)
    t.regex(output.stderr, says)
    t.regex(output.stderr, /^hint: /m)
  })
}

test('every command has a text of help, and unknown images are told with the name that was meant', async (t) => {
  const space = await makeWorkspace(t)
  for (const command of 'build images tag rmi inspect history analyze save load import run prune'.split(' ')) {
    t.regex(
      (await space.ok([command, '--help'])).stdout,
      new RegExp(`^Usage: ibuild ${command === 'build' ? '' : command}`),
    )
  }
  await space.ok([
    '-q',
    '-t',
    'team/application',
    space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }),
  ])
  for (const command of ['inspect', 'history', 'analyze', 'rmi', 'save -o x', 'tag', 'run']) {
    const words = [...command.split(' '), 'team/aplication', ...(command === 'tag' ? ['x'] : [])]
    const output = await space.ibuild(words)
    t.is(output.code, command === 'run' ? 125 : 1, command)
    t.regex(output.stderr, /IMAGE_NOT_FOUND\]\nhint: Did you mean .*team\/application/, command)
  }
})

test('what is no archive is told with its file', async (t) => {
  const space = await makeWorkspace(t)
  space.write('c', { 'notes.txt': 'x'.repeat(2000) })
  for (const command of ['load', 'import']) {
    const { code, stderr } = await space.ibuild([command, 'c/notes.txt'])
    t.is(code, 1)
    t.regex(stderr, /^ibuild: c\/notes\.txt: not a tar header, .*\[ARCHIVE_INVALID\]$/m)
  }
})

test('a Dockerfile that is a folder is told so', async (t) => {
  const space = await makeWorkspace(t)
  space.write('c/Dockerfile', { x: '' })
  const { code, stderr } = await space.ibuild(['c'])
  t.is(code, 2)
  t.regex(stderr, /is not a regular file \[CONTEXT_INVALID\]\nhint: Name a file with -f/)
})

test('a data folder that cannot be one is an error, not a hang', async (t) => {
  const space = await makeWorkspace(t)
  const other = space.write('other', { 'notes.txt': 'mine' })
  const file = `${other}/notes.txt`
  for (const root of [other, file, `${file}/below`, '/proc/nothing/here', '/dev/null', '/sys/nothing']) {
    const output = await space.ibuild(['--root', root, '-'], { input: 'FROM scratch\n', timeout: 30_000 })
    t.is(output.code, 1, `${root}\n${output.stderr}`)
    t.regex(output.stderr, /^ibuild: .*STORE_INVALID\]\nhint: Name /, root)
  }
})
