import { aloneReader } from '../../../notary/server/config/read.ts'
import { checkExposure } from '../../../notary/server/exposure.ts'
import { readMaterial } from '../../../shared/web/tls/material.ts'
import type { ServeNotaryConfig } from '../../serve/serve-notary.ts'
import { yamlText } from '../yaml-text.ts'

/** Checks a configuration as a start would, and gives what would be in force as YAML. Errors: those of the start. */
export async function checkNotaryConfig({ config }: ServeNotaryConfig): Promise<readonly string[]> {
  await checkExposure(config, true)
  if (config.tls.mode === 'files') await readMaterial(config.tls, config.tls)
  return [yamlText(aloneReader.plain(config))]
}
