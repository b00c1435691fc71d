/** Arguments: a folder of everyone. Extracts a small image there as the user nobody and prints the report as JSON. */
import { join } from 'node:path'
import { extractTree } from '../../builder/layers/extract-tree.ts'
import { importLayer } from '../../builder/layers/import-layer.ts'
import { indexOf } from '../../builder/layers/layer-index.ts'
import { tarEnd, tarHeader } from '../../builder/layers/tar/write.ts'
import { blankEntry } from '../../builder/layers/testing/entries.ts'
import { once } from '../../builder/layers/testing/stream.ts'
import { createView } from '../../builder/layers/view.ts'
import { llistxattr } from '../../shared/sys/native.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('needs a folder')
const entries = [
  blankEntry('closed', 'dir', { mode: 0o500, uid: 65_534, gid: 65_534 }),
  blankEntry('closed/file', 'file', { uid: 65_534, gid: 65_534, mode: 0o4711, mtime: 1_234_567_890_123_456_789n }),
  blankEntry('null', 'char', { devMajor: 1, devMinor: 3 }),
  blankEntry('roots', 'file', { xattrs: new Map([['trusted.x', Buffer.from('y')]]) }),
]
const tar = Buffer.concat([...entries.map(tarHeader), tarEnd])
const file = join(folder, 'l.tar')
const layer = await importLayer(once(tar), file, { sync: false })
llistxattr(folder) // loads what nobody may not be able to read
process.setegid?.(65_534)
process.seteuid?.(65_534)
const view = createView([{ diffID: layer.diffID, index: indexOf(layer.entries), bytes: { kind: 'tar', file } }])
process.stdout.write(JSON.stringify(await extractTree(view, join(folder, 'tree'))))
