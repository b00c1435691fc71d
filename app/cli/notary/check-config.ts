import { aloneReader } from '../../../notary/server/config/read.ts'
import { checkExposure } from '../../../notary/server/exposure.ts'
import { readAccess } from '../../../registry/server/access.ts'
import { isOpen } from '../../../registry/server/config/openness.ts'
import { plainConfig } from '../../../registry/server/config/read.ts'
import { yamlText } from '../../../shared/config/yaml-text.ts'
import { readMaterial } from '../../../shared/web/tls/material.ts'
import type { ServeNotaryConfig } from '../../serve/serve-notary.ts'

const emptySections = { hosts: undefined, access: undefined, token: undefined }

/** Checks a configuration as a start would, and gives what would be in force as YAML. Errors: those of the start. */
export async function checkNotaryConfig({
  config,
  access: accessConfig,
}: ServeNotaryConfig): Promise<readonly string[]> {
  await checkExposure(config, isOpen(accessConfig))
  await readAccess(accessConfig)
  if (config.tls.mode === 'files') await readMaterial(config.tls, config.tls)
  const { hosts, access, token } = { ...emptySections, ...plainConfig(accessConfig) }
  return [yamlText({ ...aloneReader.plain(config), hosts, access, token })]
}
