import test from 'ava'
import { defaultCapabilities } from './sandbox.ts'
import { seccompConfig } from './seccomp.ts'

const config = seccompConfig('x64', defaultCapabilities)

function actionsFor(name: string, { syscalls } = config): string[] {
  return syscalls
    .filter(({ names }) => names.includes(name))
    .map(({ action, errnoRet }) => `${action} ${errnoRet ?? ''}`)
}

test('what no rule names fails with EPERM', (t) => {
  t.is(config.defaultAction, 'SCMP_ACT_ERRNO')
  t.is(config.defaultErrnoRet, 1)
})

for (const name of ['read', 'openat', 'execve', 'fork', 'chroot', 'ptrace', 'arch_prctl', 'fchmodat2']) {
  test(`${name} is allowed`, (t) => t.deepEqual(actionsFor(name), ['SCMP_ACT_ALLOW ']))
}

const refused = ['mount', 'umount2', 'unshare', 'setns', 'bpf', 'keyctl', 'add_key', 'request_key', 'reboot', 'swapon']
for (const name of [...refused, 'io_uring_setup', 'socketcall', 'init_module', 'kexec_load', 'open_by_handle_at']) {
  test(`${name} is refused`, (t) => t.deepEqual(actionsFor(name), []))
}

test('clone3 fails as if the kernel did not have it, so that programs use clone', (t) => {
  t.deepEqual(actionsFor('clone3'), ['SCMP_ACT_ERRNO 38'])
})

test('chroot needs its capability', (t) => t.deepEqual(actionsFor('chroot', seccompConfig('x64', [])), []))

function holds(family: number, { op, value }: { readonly op: string; readonly value: number }): boolean {
  if (op === 'SCMP_CMP_LT') return family < value
  return op === 'SCMP_CMP_GT' ? family > value : op === 'SCMP_CMP_EQ' && family === value
}

test('sockets of AF_ALG and AF_VSOCK are refused, all others allowed', (t) => {
  const rules = config.syscalls.filter(({ names }) => names.includes('socket'))
  const allowed = (family: number): boolean =>
    rules.some(({ args = [] }) => args.length > 0 && args.every((arg) => holds(family, arg)))
  const families = Array.from({ length: 64 }, (_, family) => family)
  t.deepEqual(
    families.filter((family) => !allowed(family)),
    [38, 40],
  )
})

test('new namespaces by clone are refused on every architecture, by the argument that has the flags', (t) => {
  for (const [arch, index] of [
    ['x64', 0],
    ['arm64', 0],
    ['s390x', 1],
  ] as const) {
    const rules = seccompConfig(arch, defaultCapabilities).syscalls.filter(({ names }) => names.includes('clone'))
    t.deepEqual(
      rules.map(({ args }) => args),
      [[{ index, value: 0x7e02_0000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]],
      arch,
    )
  }
})

test('32-bit programs of the architecture run under the same rules', (t) => {
  t.deepEqual(config.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
  t.deepEqual(seccompConfig('arm64', []).architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'])
})

test('an architecture that the profile does not know is an error', (t) => {
  t.throws(() => seccompConfig('pdp11', []), { code: 'RUNTIME_FAILED' })
})
