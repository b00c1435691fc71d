import { besideReader } from '../../../notary/server/config/read.ts'
import { checkExposure as checkNotaryExposure } from '../../../notary/server/exposure.ts'
import { readEventSettings } from '../../../registry/events/read-endpoints.ts'
import { readAccess } from '../../../registry/server/access.ts'
import { checkExposure } from '../../../registry/server/config/exposure.ts'
import { isOpen } from '../../../registry/server/config/openness.ts'
import { plainConfig } from '../../../registry/server/config/read.ts'
import { besideReader as retentionReader } from '../../../retention/server/config/read.ts'
import { yamlText } from '../../../shared/config/yaml-text.ts'
import { readMaterial } from '../../../shared/web/tls/material.ts'
import { readSignerKeys } from '../../adapters/signer-keys.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { checkPulls } from '../../serve/registry-trust.ts'
import type { LoadedConfig } from './load-config.ts'

/** Checks a configuration as a start would, and gives what would be in force as YAML. Errors: those of the start. */
export async function checkConfig(
  { config, folder, notices, notary, retention }: LoadedConfig,
  notify: (line: string) => void,
): Promise<readonly string[]> {
  for (const notice of notices) notify(`${sanitize(notice)}\n`)
  await checkExposure(config)
  await readAccess(config)
  checkPulls(config, folder, notary !== undefined && notary.config.listen !== 'off')
  await readEventSettings(config.events)
  await readSignerKeys(retention.signers)
  if (config.tls.mode === 'files') await readMaterial(config.tls, config.tls)
  const plain = { ...plainConfig(config), retention: retentionReader.plain(retention) }
  if (notary === undefined) return [yamlText(plain)]
  if (notary.config.listen !== 'off') await checkNotaryExposure(notary.config, isOpen(config))
  if (notary.config.tls.mode === 'files') await readMaterial(notary.config.tls, notary.config.tls)
  return [yamlText({ ...plain, notary: besideReader.plain(notary.config) })]
}
