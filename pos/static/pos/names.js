/** Whether clients may be known by name, and how their numbers are written. */

import { tablet } from "./tablet.js";

/** Whether the person may know clients by name; the server gives no names otherwise. */
export const seesClients = () => tablet.person?.rights?.clients === "allowed";

/** "(614) 555-0123" for a number of the country, as it is for any other. */
export function phoneWords(phone) {
  const [, area, office, line] = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(phone) ?? [];
  return area ? `(${area}) ${office}-${line}` : phone;
}
