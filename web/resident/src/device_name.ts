// SPDX-License-Identifier: Apache-2.0
// A name that its owner recognises in a list of devices: browser and system, nothing finer.

const kBrowsers: [RegExp, string][] = [
  [/MicroMessenger/, "微信"],
  [/AlipayClient/, "支付宝"],
  [/HuaweiBrowser/, "Huawei Browser"],
  [/MiuiBrowser/, "Mi Browser"],
  [/Edg\//, "Edge"],
  [/Firefox|FxiOS/, "Firefox"],
  [/Chrome|CriOS/, "Chrome"],
  [/Safari/, "Safari"],
];
const kSystems: [RegExp, string][] = [
  [/OpenHarmony|HarmonyOS/, "HarmonyOS"],
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

export function deviceName(userAgent: string): string {
  const find = (table: [RegExp, string][], otherwise: string) => table.find(([pattern]) => pattern.test(userAgent))?.[1] ?? otherwise;
  return `${find(kBrowsers, "Browser")} · ${find(kSystems, "Device")}`;
}
