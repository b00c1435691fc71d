import { appendFileSync } from 'node:fs'
import { createService } from '../../../registry/service/create-service.ts'
import { imageOf, indexOf, named, pushArtifact, pushed, subjectOf } from '../../../registry/service/testing/images.ts'
import { openFileDriver } from '../../../registry/storage/file-driver.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'

/**
 * `registry-writer.ts ROOT ACKS before|after`: a process that pushes images, moves tags and removes. After each step it adds
 * a line to ACKS: a reference and what it leads to, or nothing.
 */
const [root = '', acks = '', part] = process.argv.slice(2)
const [team, other] = [named('team'), named('team-b')]
const [one, two, three] = [imageOf('1'), imageOf('2'), imageOf('3')]
const signature = imageOf('signature', subjectOf(one))
const index = indexOf([one, two])

const driver = await openFileDriver(root)
const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata })
const service = await createService({ driver, metadata })
const { manifests } = service

function told(line: string): void {
  appendFileSync(acks, `${line}\n`)
}

if (part === 'before') {
  told(`team 1 ${await pushArtifact(service, team, one, ['1', 'latest'])}`)
  told(`team 2 ${await pushArtifact(service, team, two, ['2'])}`)
  told(`team-b 1 ${await pushArtifact(service, other, one, ['1'])}`)
} else {
  told(`team 3 ${await pushArtifact(service, team, three, ['3'])}`)
  told(`team signature ${await pushArtifact(service, team, signature, ['signature'])}`)
  told(`team index ${await pushArtifact(service, team, index, ['index'])}`)
  await manifests.put(team, { tag: 'latest' }, pushed(two))
  told(`team latest ${two.digest}`)
  await manifests.remove(team, { tag: '3' })
  told('team 3')
  await manifests.remove(team, { digest: three.digest })
  told(`team ${three.digest}`)
  await manifests.remove(team, { digest: signature.digest })
  told('team signature')
}
await service.close()
