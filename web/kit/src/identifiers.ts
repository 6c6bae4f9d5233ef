// SPDX-License-Identifier: Apache-2.0
// What a person types, brought into the one form the API takes. The server checks again; this only spares a wasted try.

// GB 11643: 17 digits and a check character (ISO 7064 MOD 11-2). Nothing if it cannot be one. Full-width digits and a small x are taken.
export function parseCitizenId(typed: string): string | undefined {
  const text = typed.normalize("NFKC").replace(/[\s-]/g, "").toUpperCase();
  if (!/^[0-9]{17}[0-9X]$/.test(text)) return undefined;
  let sum = 0;
  for (let i = 0; i < 17; ++i) sum += Number(text[i]) * (2 ** (17 - i) % 11);
  return "10X98765432"[sum % 11] === text[17] ? text : undefined;
}

// Counter code: 10 Crockford base-32 characters. O is read as 0, I and L as 1, as that alphabet means it.
export function parseCounterCode(typed: string): string | undefined {
  const text = typed.normalize("NFKC").replace(/[\s-]/g, "").toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(text) ? text : undefined;
}

// A name as on the document. Rare characters beyond the BMP and "·" stay; the dots that keyboards give instead of "·" are brought to it.
export function parseName(typed: string): string | undefined {
  const text = typed.normalize("NFC").trim().replace(/[•‧・･．∙]/g, "·").replace(/\s+/g, " ");
  return text.length > 0 && text.length <= 64 && !/[\p{Cc}\p{Cs}]/u.test(text) ? text : undefined;
}
