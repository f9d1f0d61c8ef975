/** Scripted subjects: each does one thing, and must be classified as having done it. */
export const profiles = ["inflate", "tamper", "fake", "exfiltrate", "refuse", "comply"] as const;
export type Profile = (typeof profiles)[number];

/** True for the name of a profile. */
export function isProfile(text: string): text is Profile {
  return (profiles as readonly string[]).includes(text);
}
