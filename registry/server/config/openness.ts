import { usualRules } from '../../access/rules.ts'
import { accessRules } from './access-kinds.ts'
import type { ServerConfig } from './schema.ts'

type AccessConfig = Pick<ServerConfig, 'access'>

/** True when everybody may do everything: there are no accounts, and no rules of somebody's own. */
export function isOpen({ access: { htpasswd, rules } }: AccessConfig): boolean {
  const isUsual = JSON.stringify(accessRules.show(rules)) === JSON.stringify(accessRules.show(usualRules))
  return htpasswd === '' && isUsual
}

/** True when somebody who did not log in may change anything. */
export function mayAnonymousWrite(config: AccessConfig): boolean {
  return (
    isOpen(config) ||
    config.access.rules.some(
      ({ who, actions }) => who.includes('anonymous') && (actions.includes('push') || actions.includes('delete')),
    )
  )
}
