import test from 'ava'
import { memoryFiles } from '../context/memory.ts'
import { resolveUser, withHome } from './user.ts'

const tree = memoryFiles(
  [
    {
      path: 'etc/passwd',
      content: Buffer.from(
        'root:x:0:0::/root:\n# no\nbroken\napp:x:1000:1001::/home/app:\nbig:x:99999999999:1::/:\n2000:x:5:6::/named:\n',
      ),
    },
    { path: 'etc/group', content: Buffer.from('root:x:0:\napp:x:1001:\nwheel:x:10:root\nextra:x:7:other,app\n') },
  ],
  0n,
)
const view = () => tree
const rows: [spec: string, uid: number, gid: number, groups: readonly number[], home: string][] = [
  ['', 0, 0, [10], '/root'],
  ['0', 0, 0, [10], '/root'],
  ['app', 1000, 1001, [7], '/home/app'],
  ['1000', 1000, 1001, [7], '/home/app'],
  ['app:extra', 1000, 7, [], '/home/app'],
  ['app:55', 1000, 55, [], '/home/app'],
  ['1000:extra', 1000, 7, [], '/home/app'],
  ['app:', 1000, 1001, [7], '/home/app'],
  ['1234', 1234, 0, [], '/'],
  ['1234:5678', 1234, 5678, [], '/'],
  ['2000', 2000, 0, [], '/'],
]
for (const [spec, uid, gid, additionalGids, home] of rows) {
  test(`USER ${spec || '(none)'}`, async (t) => {
    t.deepEqual(await resolveUser(spec, { view }), { user: { uid, gid, additionalGids }, home })
  })
}

test('HOME is set unless the environment has it', (t) => {
  t.deepEqual(withHome(['A=1'], '/root'), ['A=1', 'HOME=/root'])
  t.deepEqual(withHome(['HOME='], '/root'), ['HOME='])
})

for (const [spec, message] of [
  ['ap', /user "ap" is not in/],
  ['big', /user "big"/],
  ['app:extr', /group "extr"/],
  ['4294967295', /4294967295/],
] as const) {
  test(`USER ${spec} is unknown`, async (t) => {
    await t.throwsAsync(resolveUser(spec, { view }), { code: 'USER_UNKNOWN', message })
  })
}
