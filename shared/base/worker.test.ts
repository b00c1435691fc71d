import test from 'ava'
import { workerUrl } from './worker.ts'

test('a source finds its worker beside it', (t) => {
  const url = workerUrl('./gzip-worker.ts', 'file:///src/builder/layers/gzip.ts')
  t.is(url.href, 'file:///src/builder/layers/gzip-worker.ts')
})

test('a file of the bundle finds the worker in its own folder, as JavaScript', (t) => {
  const url = workerUrl('./deep/gzip-worker.ts', 'file:///lib/ibuild/dist/chunk-ABC.js')
  t.is(url.href, 'file:///lib/ibuild/dist/gzip-worker.js')
})

test('a script of the command finds the worker above its folder', (t) => {
  const url = workerUrl('./gzip-worker.ts', 'file:///lib/ibuild/dist/command/chunk-ABC.cjs')
  t.is(url.href, 'file:///lib/ibuild/dist/gzip-worker.js')
})

test('odd characters in the folder survive', (t) => {
  const url = workerUrl('./gzip-worker.ts', 'file:///a%20b%23c/dist/main.js')
  t.is(url.pathname, '/a%20b%23c/dist/gzip-worker.js')
})
