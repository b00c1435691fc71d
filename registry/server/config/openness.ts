import { usualRules } from '../../access/rules.ts'
import { accessRules } from './access-kinds.ts'
import type { ServerConfig } from './schema.ts'

type AccessConfig = Pick<ServerConfig, 'access' | 'token'>

/** True when everybody may do everything: there are no accounts, no issuers of tokens, and no rules of somebody's own. */
export function isOpen({ access: { htpasswd, rules }, token }: AccessConfig): boolean {
  const isUsual = JSON.stringify(accessRules.show(rules)) === JSON.stringify(accessRules.show(usualRules))
  return htpasswd === '' && token.issuers.length === 0 && isUsual
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
