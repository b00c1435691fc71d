import test from 'ava'
import { memoryFiles } from '../context/memory.ts'
import { resolveUser } from './user.ts'

const tree = memoryFiles(
  [
    {
      path: 'etc/passwd',
      content: Buffer.from(
        'root:x:0:0::/:\n# no\nbroken\napp:x:1000:1001::/:\nbig:x:99999999999:1::/:\n2000:x:5:6::/:\n',
      ),
    },
    { path: 'etc/group', content: Buffer.from('root:x:0:\napp:x:1001:\nextra:x:7:other,app\n') },
  ],
  0n,
)
const view = () => tree
const none = () => {
  throw new Error('no file may be looked into')
}

const rows: [spec: string, uid: number, gid: number, groups: readonly number[]][] = [
  ['app', 1000, 1001, [7]],
  ['app:extra', 1000, 7, []],
  ['app:55', 1000, 55, []],
  ['1000:extra', 1000, 7, []],
  ['app:', 1000, 1001, [7]],
]
for (const [spec, uid, gid, additionalGids] of rows) {
  test(`USER ${spec}`, async (t) => t.deepEqual(await resolveUser(spec, { view }), { uid, gid, additionalGids }))
}

const numbers: [spec: string, uid: number, gid: number][] = [
  ['', 0, 0],
  ['0', 0, 0],
  ['1234', 1234, 0],
  ['1234:5678', 1234, 5678],
]
for (const [spec, uid, gid] of numbers) {
  test(`USER ${spec || '(empty)'} opens nothing`, async (t) => {
    t.deepEqual(await resolveUser(spec, { view: none }), { uid, gid, additionalGids: [] })
  })
}

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
