import fs from 'node:fs'
import { runtimeTest } from './testing.ts'
import { baseTime } from './testing-run.ts'

runtimeTest('the exit code is that of the command, 128 + N for a signal', async (t, box) => {
  for (const [command, code] of [
    ['true', 0],
    ['exit 7', 7],
    ['exit 255', 255],
    ['sh -c "kill -9 \\$\\$"; exit $?', 137],
    ['sh -c "kill -15 \\$\\$"; exit $?', 143],
  ] as const) {
    const { exitCode, oomKilled } = await box.sh(command)
    t.deepEqual({ command, exitCode, oomKilled }, { command, exitCode: code, oomKilled: false })
  }
})

runtimeTest('all output arrives, also what is written just before the end', async (t, box) => {
  const { stdout, stderr } = await box.sh('dd if=/dev/zero bs=1k count=2000 2>/dev/null; echo end; echo problem >&2')
  t.is(stdout.length, 2_048_000 + 4)
  t.true(stdout.endsWith('\0end\n'))
  t.is(stderr, 'problem\n')
})

runtimeTest('output comes while the command runs', async (t, box) => {
  const pieces: string[] = []
  await box.sh('echo one; sleep 0.3; echo two; sleep 0.3', {
    onOutput: (_stream, bytes) => void pieces.push(Buffer.from(bytes).toString()),
  })
  t.deepEqual(pieces, ['one\n', 'two\n'])
})

runtimeTest('/dev/stdout and /dev/stderr can be opened again, stdin is empty', async (t, box) => {
  const user = { uid: 1000, gid: 1000, additionalGids: [] }
  const { stdout, stderr } = await box.sh('cat; echo a > /dev/stdout; echo b > /dev/stderr', { user })
  t.is(stdout, 'a\n')
  t.is(stderr, 'b\n')
})

runtimeTest('environment, working directory, host name and user are those asked for', async (t, box) => {
  const { stdout } = await box.sh('echo $A; pwd; cat /proc/sys/kernel/hostname; id -u; id -g; id -G', {
    env: ['PATH=/bin', 'A=x=y z'],
    cwd: '/tmp',
    user: { uid: 1234, gid: 50, additionalGids: [7, 50, 60] },
  })
  t.is(stdout, 'x=y z\n/tmp\nbox\n1234\n50\n50 7 60\n')
})

runtimeTest('the upper folder has nothing of a command that changes nothing', async (t, box) => {
  const { upper, upperFolder } = await box.sh('ls / /etc /dev > /dev/null; cat /etc/hosts /etc/resolv.conf >/dev/null')
  t.deepEqual(upper, [])
  t.is(fs.statSync(upperFolder).mtimeMs, baseTime * 1000)
  t.is(fs.statSync(upperFolder).mode & 0o7777, fs.statSync(box.base).mode & 0o7777)
})

runtimeTest('the upper folder has exactly what the command changed', async (t, box) => {
  const { upper } = await box.sh('echo x > /etc/new; mkdir -p /a/b; touch /a/b/c; rm -r /tmp; echo x > /proc/x; :')
  t.deepEqual(upper, ['a', 'a/b', 'a/b/c', 'etc', 'etc/new', 'tmp'])
})

runtimeTest('directories that hold our mount points keep their time, owner, mode and attributes', async (t, box) => {
  fs.chmodSync(`${box.base}/etc`, 0o2750)
  fs.chownSync(`${box.base}/etc`, 5, 6)
  fs.utimesSync(`${box.base}/etc`, baseTime, baseTime)
  const seen = await box.sh("stat -c '%Y %u:%g %a' /etc; stat -c %Y /")
  t.is(seen.stdout, `${baseTime} 5:6 2750\n${baseTime}\n`)
  const { upperFolder } = await box.sh('touch /etc/x')
  const stat = fs.statSync(`${upperFolder}/etc`)
  t.deepEqual([stat.uid, stat.gid, stat.mode & 0o7777], [5, 6, 0o2750])
})

runtimeTest('/etc/hosts and /etc/resolv.conf are ours and cannot be written to', async (t, box) => {
  fs.symlinkSync('/nowhere/resolv.conf', `${box.base}/etc/resolv.conf`)
  const { stdout, upper } = await box.sh('cat /etc/hosts; echo x > /etc/hosts; echo x > /etc/resolv.conf; echo $?', {
    extraHosts: ['db:10.0.0.7', 'six:fe80::1'],
  })
  t.regex(stdout, /^127\.0\.0\.1\tlocalhost$/m)
  t.regex(stdout, /^10\.0\.0\.7\tdb$/m)
  t.regex(stdout, /^fe80::1\tsix$/m)
  t.regex(stdout, /\n1\n$/)
  t.deepEqual(upper, [])
})

runtimeTest('files of the request are shown read-only and are not in the diff', async (t, box) => {
  const script = { path: '/dev/pipes/EOF', content: Buffer.from('#!/bin/sh\necho script $0\n'), mode: 0o755 }
  const other = { path: '/opt/deep/file', content: Buffer.from('text'), mode: 0o600 }
  const { stdout, upper } = await box.sh('/dev/pipes/EOF; cat /opt/deep/file; echo x > /opt/deep/file || echo no', {
    files: [script, other],
  })
  t.is(stdout, 'script /dev/pipes/EOF\ntextno\n')
  t.deepEqual(upper, [])
})

runtimeTest('limits hold', async (t, box) => {
  const { stdout } = await box.sh('ulimit -n; ulimit -Hn; stat -f -c "%b %S" /dev/shm; cat /proc/self/cgroup', {
    limits: { shmSize: 1024 * 1024, ulimits: [{ name: 'nofile', soft: 100, hard: 200 }] },
  })
  t.regex(stdout, /^100\n200\n256 4096\n/)
  const many = await box.sh('for i in 1 2 3 4 5 6 7 8; do sleep 0.2 & done; wait', { limits: { pids: 4 } })
  t.regex(many.stderr, /can't fork/)
})

runtimeTest('a command that needs more memory than its limit is killed, and that is told', async (t, box) => {
  const { oomKilled, stdout } = await box.sh('dd if=/dev/zero of=/dev/null bs=60M count=1; echo $?', {
    limits: { memory: 16 * 1024 * 1024 },
  })
  t.true(oomKilled)
  t.is(stdout, '137\n')
  const fine = await box.sh('cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max', {
    limits: { memory: 64 * 1024 * 1024 },
  })
  t.is(fine.stdout, `${64 * 1024 * 1024}\n`)
  t.false(fine.oomKilled)
})

runtimeTest('without a network there is only loopback, and it is up', async (t, box) => {
  const { stdout } = await box.sh('ip -o link; cat /etc/resolv.conf', { network: 'none' })
  t.regex(stdout, /^1: lo: <LOOPBACK,UP/)
  t.is(
    stdout
      .trim()
      .split('\n')
      .filter((line) => /^\d+:/.test(line)).length,
    1,
  )
  t.notRegex(stdout, /nameserver/)
})

runtimeTest('with the network of the host there are its interfaces', async (t, box) => {
  const { stdout } = await box.sh('cat /proc/net/dev', { network: 'host' })
  t.deepEqual(interfacesIn(stdout), interfacesIn(fs.readFileSync('/proc/net/dev', 'utf8')))
})

function interfacesIn(text: string): string[] {
  return [...text.matchAll(/^ *([^ :]+):/gm)].map((match) => match[1] ?? '')
}

runtimeTest('a program that is not there is RUNTIME_FAILED with its name', async (t, box) => {
  const error = await t.throwsAsync(box.sh('', { args: ['/no/such/program'] }), { code: 'RUNTIME_FAILED' })
  t.regex(error?.message ?? '', /no\/such\/program/)
})

runtimeTest('runs at the same time do not meet', async (t, box) => {
  const numbers = Array.from({ length: 6 }, (_, index) => index)
  const run = (number: number) => box.sh(`sleep 0.${number}; echo ${number} > /mine; exit ${number}`)
  const results = await Promise.all(numbers.map(run))
  t.deepEqual(
    results.map(({ exitCode }) => exitCode),
    numbers,
  )
  const texts = results.map(({ upperFolder }) => fs.readFileSync(`${upperFolder}/mine`, 'utf8').trim())
  t.deepEqual(texts, numbers.map(String))
})

runtimeTest('folders that overlayfs cannot use are a clear error', async (t, box) => {
  const upper = fs.mkdtempSync('/dev/shm/exec-') // another filesystem than that of the work folder
  t.teardown(() => fs.rmSync(upper, { recursive: true }))
  const error = await t.throwsAsync(box.sh('true', { upper }), { code: 'RUNTIME_FAILED' })
  t.regex(error?.message ?? '', /cannot start a container: E\w+: mount 'overlay'/)
})

const unexecutable: readonly (readonly [what: string, content: string, says: RegExp])[] = [
  ['of a missing interpreter', '#!/nosuch\n', /exec.*no such file/i],
  ['without an interpreter', 'garbage', /exec.*exec format/i],
]

for (const [what, content, says] of unexecutable) {
  runtimeTest(`a script ${what} is RUNTIME_FAILED, and what the runtime says is no output`, async (t, box) => {
    fs.writeFileSync(`${box.base}/bin/script`, content, { mode: 0o755 })
    for (const program of ['/bin/script', 'script']) {
      const output: string[] = []
      const onOutput = (_stream: string, bytes: Uint8Array): void => void output.push(Buffer.from(bytes).toString())
      const error = await t.throwsAsync(box.sh('', { args: [program], onOutput }), { code: 'RUNTIME_FAILED' })
      t.regex(error?.message ?? '', says)
      t.notRegex(error?.message ?? '', /["{}]/, 'no JSON')
      t.deepEqual(output, [])
    }
  })
}

runtimeTest('a command that is not there is told once: by the error, not as output', async (t, box) => {
  for (const program of ['nosuch', '/no/such']) {
    const output: string[] = []
    const onOutput = (_stream: string, bytes: Uint8Array): void => void output.push(Buffer.from(bytes).toString())
    await t.throwsAsync(box.sh('', { args: [program], onOutput }), { code: 'RUNTIME_FAILED' })
    t.deepEqual(output, [])
  }
})

runtimeTest('a command that says what a runtime would say is heard', async (t, box) => {
  const text = 'exec /bin/other: no such file or directory\n'
  t.like(await box.sh(`printf '${text.trim()}\\n' >&2; exit 1`), { exitCode: 1, stderr: text })
  t.like(await box.sh(`printf '${text.trim()}\\n' >&2`), { exitCode: 0, stderr: text })
})
