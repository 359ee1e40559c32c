/** The studio's days: today, a few days back, and how they are called. */

import { dayOf, dayWords, tablet } from "./tablet.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Today's business date; it ends when the studio's day does, not at midnight. */
export function today() {
  const [hours, minutes] = (tablet.device.location.day_cutoff ?? "00:00").split(":").map(Number);
  return dayOf(new Date(Date.now() - (hours + minutes / 60) * HOUR_MS));
}

/** The day "2026-10-05" so many days later, or earlier when it is below zero. */
export const daysAfter = (day, count) => new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);

/** "Today", "Yesterday" or "Mon, Oct 5"; with the year when it is not this one. */
export function dayName(day) {
  const now = today();
  if (day === now) return "Today";
  if (day === daysAfter(now, -1)) return "Yesterday";
  if (day.slice(0, 4) !== now.slice(0, 4)) return dayWords(day);
  const form = new Intl.DateTimeFormat("en-US", { weekday: "short", month: "short", day: "numeric", timeZone: "UTC" });
  return form.format(new Date(day));
}

/** "9:41 AM" at the studio. */
export const timeOf = (iso) =>
  new Intl.DateTimeFormat("en-US", {
    hour: "numeric",
    minute: "2-digit",
    timeZone: tablet.device.location.time_zone,
  }).format(new Date(iso));
