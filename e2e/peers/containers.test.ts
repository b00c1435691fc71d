import { join } from 'node:path'
import test from 'ava'
import { startDockerd } from '../testing/dockerd.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'

/** Everything that a layer can say of a file, and the ways in which docker tells changes apart. */
const script = [
  'echo new > /etc/new; echo more >> /etc/passwd; rm /etc/group',
  'mkdir -p /srv/a/b; touch -d @1000000000 /srv/a/b/file; ln /srv/a/b/file /srv/a/link; ln -s ../x /srv/a/symlink',
  'chmod 4711 /srv/a/b/file; chown 1000:2000 /srv/a; mkfifo /srv/fifo; mknod /srv/null c 1 3',
  'rm -r /home; rm -r /var; echo file > /var; chmod 700 /root; dd if=/dev/zero of=/srv/hole bs=1 count=1 seek=1000000',
].join('; ')

/** What docker adds to the root of any container. */
const ofDocker =
  /^[ACD] \/(?:\.dockerenv|dev(?:\/(?:console|pts|shm))?|proc|sys|etc\/(?:hosts|hostname|resolv\.conf|mtab))$/

function sorted(lines: string): string[] {
  const found = lines.split('\n').filter((line) => line !== '' && !ofDocker.test(line))
  return found.sort()
}

needs(
  test,
  'root',
  'runc',
  'busybox',
  'dockerd',
  'docker',
)('diff tells what docker diff tells; export and import go through docker and come back', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  await using daemon = await startDockerd(join(space.folder, 'd'))
  await space.ok(['save', 'busybox', '-o', 'base.tar'])
  await daemon.docker(['load', '-i', join(space.folder, 'base.tar')])
  await space.ok(['run', '--keep', 'one', 'busybox', 'sh', '-c', script])
  await daemon.docker(['run', '--network', 'none', '--name', 'one', 'busybox:latest', 'sh', '-c', script])
  const { stdout: ours } = await space.ok(['diff', 'one'])
  t.deepEqual(sorted(ours), sorted((await daemon.docker(['diff', 'one'])).stdout))
  t.true(sorted(ours).length > 15)

  await space.ok(['export', 'one', '-o', 'one.tar'])
  await daemon.docker(['import', join(space.folder, 'one.tar'), 'through:1'])
  await daemon.docker(['create', '--name', 'through', 'through:1', 'sh'])
  await daemon.docker(['export', '-o', join(space.folder, 'back.tar'), 'through'])
  await space.ok(['import', 'back.tar', 'back'])
  const { stdout: lost } = await space.ok(['diff', 'one', 'back', '--times', '--json'])
  const changes: readonly { readonly kind: string; readonly path: string; readonly differences?: readonly string[] }[] =
    JSON.parse(lost)
  const left = changes.filter(({ kind, path }) => !ofDocker.test(`${kind[0]?.toUpperCase()} ${path}`))
  // docker export writes whole seconds
  t.false(
    changes.some(({ path }) => path === '/srv/a/b/file'),
    'a time of whole seconds comes back',
  )
  t.deepEqual(
    left.filter(({ differences }) => differences?.join() !== 'time' && differences?.length !== 0),
    [],
  )
})
