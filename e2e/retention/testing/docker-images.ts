import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dockerd, startDockerd } from '../../testing/dockerd.ts'
import { runOk } from '../../testing/run.ts'

/** A Docker daemon of a test file, and how it comes to have images. */
export interface DockerImages {
  readonly daemon: Dockerd
  /** Lets a name lead to an image whose only file holds the text: the same image for the same text. Its ID. */
  readonly tag: (name: string, text: string) => Promise<string>
  /** Has a container made, which never runs. */
  readonly create: (image: string, ...options: readonly string[]) => Promise<void>
  /** Names of images, sorted, and `dangling ID` for those without. */
  readonly list: () => Promise<readonly string[]>
  readonly volumes: () => Promise<readonly string[]>
  readonly close: () => Promise<void>
}

export async function startDockerImages(): Promise<DockerImages> {
  const folder = mkdtempSync(join(tmpdir(), 'dr-'))
  const daemon = await startDockerd(join(folder, 'd'))
  const known = new Map<string, string>()
  const idOf = async (text: string): Promise<string> => {
    const id = known.get(text) ?? (await importImage(daemon, folder, text))
    known.set(text, id)
    return id
  }
  const lines = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await daemon.docker(args)
    return stdout.split('\n').filter((line) => line !== '')
  }
  return {
    daemon,
    tag: async (name, text) => {
      const id = await idOf(text)
      await daemon.docker(['tag', id, name])
      return id
    },
    create: async (image, ...options) => {
      await daemon.docker(['create', '--network', 'none', ...options, image, '/none'])
    },
    list: async () => {
      const named = await lines('images', '--format', '{{.Repository}}:{{.Tag}}')
      const loose = await lines('images', '-q', '--no-trunc', '--filter', 'dangling=true')
      return [...named.filter((name) => !name.includes('<none>')), ...loose.map((id) => `dangling ${id}`)].sort()
    },
    volumes: async () => (await lines('volume', 'ls', '-q')).toSorted(),
    close: async () => {
      await daemon.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function importImage(daemon: Dockerd, folder: string, text: string): Promise<string> {
  const [file, archive] = [join(folder, 'text'), join(folder, 'layer.tar')]
  writeFileSync(file, text)
  await runOk('tar', ['-C', folder, '-cf', archive, 'text'])
  return (await daemon.docker(['import', archive])).stdout.trim()
}
