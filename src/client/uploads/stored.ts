// What a finished upload has become: the upload says so for a day.
import { SlipwayError } from '../error.ts'
import type { Http } from '../http.ts'
import type { Item, UploadView } from '../views.ts'

/** What a finished upload has become. */
export async function readItem(http: Http, address: string | undefined): Promise<Item> {
  const view = address === undefined ? undefined : await http.call<UploadView>(address)
  if (view?.item) return view.item
  throw new SlipwayError(0, 'internal', 'The file has arrived, but cannot be shown.')
}
