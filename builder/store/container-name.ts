/** Docker's grammar of container names, of at most 128 characters; such a name is a file name as it is. */
export function isContainerName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(text)
}
