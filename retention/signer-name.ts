const role = /^targets(?:\/[-a-z0-9_]+)*$/
const key = /^[A-Za-z0-9][\w.-]{0,63}$/
const longestRole = 255

/** True for a role of a trusted collection that lists what it signs; other names of signers are those of keys. */
export function isRole(name: string): boolean {
  return name.length <= longestRole && role.test(name)
}

/** True for what the operator may call a key. */
export function isKeyName(name: string): boolean {
  return key.test(name) && !isRole(name)
}
