import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { addImage } from '../../builder/store/testing/fixture.ts'
import { hexOf } from '../../shared/base/digest.ts'
import { needs } from '../testing/needs.ts'
import { run, runOk } from '../testing/run.ts'

needs(test, 'skopeo')('another tool reads images straight from the data folder', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'skopeo-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const root = path.join(folder, 'root')
  const store = openStore(root)
  const image = await addImage(store, 'a layer', 'app:1')
  await store.tags.set('host.example:5000/team/app:2', image.manifestDigest)

  for (const name of ['app:1', 'host.example:5000/team/app:2']) {
    const { stdout } = await runOk('skopeo', ['inspect', '--raw', `oci:${root}:${name}`])
    t.is(stdout.trim(), image.manifestBytes.toString(), name)
  }
  await runOk('skopeo', ['copy', '--insecure-policy', '-q', `oci:${root}:app:1`, `dir:${folder}/copy`])
  const copied = readdirSync(path.join(folder, 'copy'))
  const [layer] = image.config.rootfs.diff_ids
  t.true(layer !== undefined && copied.includes(hexOf(layer)), 'with its layer, whose digest skopeo checks')

  await store.tags.remove('docker.io/library/app:1')
  t.not((await run('skopeo', ['inspect', '--raw', `oci:${root}:app:1`])).code, 0)
})
