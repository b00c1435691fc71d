/** Before this nobody made images: the time was set by hand, so that the same sources give the same image. */
const firstImage = Date.UTC(2013, 0)

/** When an image was made, as its config says, in milliseconds since the epoch. Undefined for what no clock had. */
export function createdTime(created: number | undefined): number | undefined {
  return created === undefined || Number.isNaN(created) || created < firstImage ? undefined : created
}
