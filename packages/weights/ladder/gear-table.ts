/**
 * The gear table of Xet's chunking: 256 fixed 64-bit words (gearhash 0.1.3 `DEFAULT_TABLE`,
 * pinned by draft-denis-xet), low byte first, in base64.
 */
import { fromBase64 } from "../core.ts";

const words =
  "WfVA6KnTiLDWIO0598dSVqtyiYlpibJFd8eOttWJCmu3MXqLPlePNkvZNuncNsYdttVUVU5MeiDLmiMoRrN0pBK5ox" +
  "w+qAY797oCL2yN55CKmg0V9y3J4a3ThhA6BZWOIgc6uPH0Llquf4CflKwPpYHW2IDrA3MOD61wFdx+sJl2MP1VtS+d" +
  "aGiknhGCUAAAKMyPqAaDsMT9Sjf2imewPjZ0rYarh5/xNsdrvr+fEvLtpJhcV0kRSMV7R5UGAQAAzOqcGoA3uh9tm6" +
  "Rj1m/wO0uH44KXfmiZ49hQqnMGoXkg9BFins+s5HGQV4cf5yAlm4oaeP3T1StzyBHdzU3eAC85h1ocManq/0C8F7aO" +
  "dNtvvyD2jZpXr7HCCRva5aaGLqEiwwrDL8xnQvfB/ipeNXukIcD0yJktw88ElEpL3rppfXAdchi19yAs83tYtoYyDC" +
  "evhoi2AAB5kIrb5NYVoZnhspecfk9IAeMTV7d7ysxg8bArpoQlv8i8XWIT6OetWpWHDZRwAABvYp4TCJHmiqI43i/X" +
  "ane9z8D8wh8Aa/snxHvmuHSkx1hd6xAW8fa60XDnbVsfywlHTH2X5hmysEqtp244vMwAAT+X3wqdhMxw92oBfe+jc/" +
  "69vYbT0gfIMBd5bJbJKn/aBMXGa6g30J1gqh5mfPHzh+aqTbAmpqwHW0pPN5ladd6uLFvmfoOQhQdW/ZOt6G7Y7VMQ" +
  "4dkAANfbHNKyOwaestIBKvF3qwdEG2TmVQJV7MYUnESolPt49fXAxhsOUcfjyuQ2CzIAAC0aiywmM3yCREHqSAtfZx" +
  "Tr7I1JptN7Jl4D9YL5b5HxiPs09H8bIobYSW84586+nUqPD8jK+Fjq2GT8koYZjQA2mr+6T3A4bUy+59EHyzLgkAhF" +
  "rfYhjSKliSXAv7FcY3HOopxzoSBGWPvlquPf56frDTwrk8oQDHvtr4To/icnH6vi+W0c36Ij9XQHrNHNTU7iM63/cA" +
  "AAFniXxXvorKJJYCi0WieSmFmJ8d2BEYbCGT5IQqBymbt4MFFmN81w72SY/KsTBQAAg0DJWBi2WMDe4CWXhVDoCZR9" +
  "Pvg7+5eRzku2Em1iHn7RV3t/UFQMUhYk4nRxeeG+h1XpIjKs2W8+v9+afJUjABW+SyN+fRygu4yjuFjHoqswKz7szq" +
  "AfDZG5YH6LpbYLNWain1vdM0OjwQFAfTv9wicRc1QkgEH7yxgNpYVhpWVPtYSHvQJ69mNQ5mfdEW9pqxSo/CIgAABS" +
  "2Lktkb7WjFeKrum2iVFpKAzaCrVTlO5ehHgaqV782GenShoZv4ar5RVkyLXGAAAuogiOFxBzJiXKiwcbEC3t+6gmso" +
  "TtQTsG3CgPEiLmEyZtcPvr9RWjzroBM07DFoiu/XG7nFs56UgWci4g6SwAHMmzKx3bg0KlprHSGkZ912uG627kF+zi" +
  "fMT7OUC+4LgEnSnVxGCh3jQ2jNLIhux+maOYnxKtGSHvg6Jha/TMphfGWPbezlIsg92saRGHtC3py57z1vAAAImUL4" +
  "3J2NU9hPUBK6JyGIryPHsOxKSC8pahG8ss7CCAE+NZnuC2k2brg3zMGc4AADucR/Y1V8sgW1rXWTe/LnZ1OWk9gv57" +
  "INXZnDMSwX3XA31ihEKDp5vpUV/pE8V9IRZ4XvwpGnuyLWa7MZjN1QBMc3VtgJvjcSMa+wbwKld+hR/pai9Pc6Ly3S" +
  "wCtcaCv96gYQfG6jtcmGlBR7uTyM0BfhhcYYUQbV18J6wwrvh3kSwqEoFrfJFnadGtmbZ1W5sGmudqzwAABBHeYPoK" +
  "xPPDZ5GlehJjIE2J0Wki5h1iJkcr5h2siNE8Z0sV4jZwEB06VShfuAAAPW8jGExO7/IC9rkRZt7W2RyRR/tVefyhvY" +
  "0pLwP9hevh+r6zL1Anvh5mzcRRQgPjNhgHVNNkE0Q+mPJ1bLOCAPBm+hYDkUWx98pHmJwGHAIhUktax98QKbWoVxw+" +
  "NVtzbNmO6SwxRM5l+r0GRS6UvBuUVxKnhlDwrc5R0xWyw/4CQhTgVRCuAFTkQm+EQEv1yLy8yNl/AAD+m94X8569vx" +
  "JOhfIvMASo1NjlpVdJzjmEujdWpOK5/4uBoJ4drblVihcZ88uKAAA4+/vQyL/iSOi1SOhBmOOLi6CWBhYSJw4qJERL" +
  "6JYQ1TrhkmcXugERnWgxRQ93LsJsxbty8u+JFuxQVn8ZKqkATnihvZBZdryuuPyS40EUxqDkMe0sOuEHTZ1OI4Tpy5" +
  "LFin27cvVPj9A7lgvAcJYLAesDGlhalWJUAgDq5YNfZJnyiM0W5fxBz5h62kiX2rv6RUj+sqoAAFVl9ZsGG3YZVq22" +
  "Q4Nej4vZIUgU/RxdPo/NsKIsHlzsf7X7p/7g9/oblhK60wAAAI6xAYQXkD/a6186422Q/3DncGnAp9UnBekTfGBz59" +
  "girDs8ZN9wq8njEr6K3Mak7YrnMwBBH+/sy3KsdLLCJAC0AKlPlQ10BgRjPTKbKXod1erLmLJ8w7Obc3hhx+OGyYr1" +
  "Rks26qufVsyFr8UUom2Ej6O32D6kF+vbmh1R7Mxu+1ozEwmzyvnS7hX0xWBeSrRyNlBnaQAAh7tUFBIdpZ0WyLu5Ex" +
  "4yhI3dL6u2bz37jQoWju1eMGDobJTpFEu/y8MQGzhjTwAAEE7Mb4G31QdVgWpqcjal5d1/oEc0sq9XlNPJq/dG8xg9" +
  "0xrWVcZtY/bz9zlJq4vMexjdwQapx2M=";

const bytes = fromBase64(words)!;
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Low and high 32 bits of each word. */
export const gearLow: Uint32Array = Uint32Array.from({ length: 256 }, (_, i) =>
  view.getUint32(8 * i, true),
);
export const gearHigh: Uint32Array = Uint32Array.from({ length: 256 }, (_, i) =>
  view.getUint32(8 * i + 4, true),
);
