import test from 'ava'
import { looksSecret } from './secret-names.ts'

for (const path of [
  'app/.env',
  '.npmrc',
  'root/.ssh/id_rsa',
  'root/.aws/credentials',
  'root/.docker/config.json',
  'home/a/.kube/config',
]) {
  test(`/${path} may hold a secret`, (t) => t.true(looksSecret(path)))
}
for (const path of [
  'etc/config',
  'app/config.json',
  'app/.env.example',
  'id_rsa.pub',
  'usr/lib/node_modules/npm/.npmrc',
  'app/credentials',
]) {
  test(`/${path} is an ordinary file`, (t) => t.false(looksSecret(path)))
}
