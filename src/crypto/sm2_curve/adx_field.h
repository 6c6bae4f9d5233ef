// SPDX-License-Identifier: Apache-2.0
// The field's arithmetic in the instructions of x86-64 processors since 2014: MULX, and ADCX with ADOX for two chains of
// carries at once. A compiler makes three times as many instructions of 128-bit sums. Same functions and results as
// PortableField; only for a Processor with adx.
#pragma once

// Unoptimised builds do without: there every operand of an assembler statement occupies a register of its own.
#if defined(__x86_64__) && defined(__OPTIMIZE__)
#define YUKUAI_SM2_ADX 1

#include "crypto/sm2_curve/field.h"

namespace yukuai::sm2_curve {

// Inlined, operands are addressed where they lie. Clang with sanitizers cannot do that in the registers that are left.
#if defined(__clang__)
#define YUKUAI_SM2_INLINE [[gnu::noinline]] static
#else
#define YUKUAI_SM2_INLINE [[gnu::always_inline]] static inline
#endif

// clang-format off

// One step of the reduction (field.h) on c0..c3: c0 is m and becomes the new highest limb. Changes rdx, t and u.
//
//     c1 c2 c3 m   less   m<<32  m>>32  m<<32  m>>32   plus   m 0 0 0
#define YUKUAI_SM2_STEP(c0, c1, c2, c3)                         \
  "mov %[" c0 "], %%rdx\n mov %[" c0 "], %[t]\n"                \
  "mov %[" c0 "], %[u]\n  shl $32, %[t]\n shr $32, %[u]\n"      \
  "sub %[t], %[" c1 "]\n  sbb %[u], %[" c2 "]\n"                \
  "sbb %[t], %[" c3 "]\n  sbb %[u], %[" c0 "]\n"                \
  "add %%rdx, %[" c1 "]\n adc $0, %[" c2 "]\n"                  \
  "adc $0, %[" c3 "]\n    adc $0, %[" c0 "]\n"

// The number u : c3..c0, less p unless that is negative. Changes rdx, and k0..k3, which keep the number as it was.
#define YUKUAI_SM2_SUBTRACT_PRIME(k0, k1, k2, k3)                                                         \
  "mov %[c0], %[" k0 "]\n mov %[c1], %[" k1 "]\n mov %[c2], %[" k2 "]\n mov %[c3], %[" k3 "]\n"           \
  "movabs $0xFFFFFFFF00000000, %%rdx\n sub $-1, %[c0]\n   sbb %%rdx, %[c1]\n sbb $-1, %[c2]\n"            \
  "movabs $0xFFFFFFFEFFFFFFFF, %%rdx\n sbb %%rdx, %[c3]\n sbb $0, %[u]\n"                                 \
  "cmovc %[" k0 "], %[c0]\n cmovc %[" k1 "], %[c1]\n cmovc %[" k2 "], %[c2]\n cmovc %[" k3 "], %[c3]\n"

// Four steps on c0..c3, then c4..c7 on top.
#define YUKUAI_SM2_REDUCE                                                                                 \
  YUKUAI_SM2_STEP("c0", "c1", "c2", "c3")                                                                 \
  YUKUAI_SM2_STEP("c1", "c2", "c3", "c0")                                                                 \
  YUKUAI_SM2_STEP("c2", "c3", "c0", "c1")                                                                 \
  YUKUAI_SM2_STEP("c3", "c0", "c1", "c2")                                                                 \
  "xor %k[u], %k[u]\n"                                                                                    \
  "add %[c4], %[c0]\n adc %[c5], %[c1]\n adc %[c6], %[c2]\n adc %[c7], %[c3]\n adc $0, %[u]\n"            \
  YUKUAI_SM2_SUBTRACT_PRIME("c4", "c5", "c6", "c7")

// c0..c4 += a * rdx, where c4 is new: low halves by one chain of carries, high halves by the other.
#define YUKUAI_SM2_ROW(c0, c1, c2, c3, c4)                                               \
  "xor %k[" c4 "], %k[" c4 "]\n"                                                         \
  "mulx %[a0], %[t], %[u]\n adcx %[t], %[" c0 "]\n adox %[u], %[" c1 "]\n"               \
  "mulx %[a1], %[t], %[u]\n adcx %[t], %[" c1 "]\n adox %[u], %[" c2 "]\n"               \
  "mulx %[a2], %[t], %[u]\n adcx %[t], %[" c2 "]\n adox %[u], %[" c3 "]\n"               \
  "mulx %[a3], %[t], %[u]\n adcx %[t], %[" c3 "]\n adox %[" c4 "], %[u]\n"               \
  "adc $0, %[u]\n mov %[u], %[" c4 "]\n"

#define YUKUAI_SM2_LIMBS(a) \
  [a##0] "m"(a.limbs[0]), [a##1] "m"(a.limbs[1]), [a##2] "m"(a.limbs[2]), [a##3] "m"(a.limbs[3])

#define YUKUAI_SM2_OUTPUTS                                                                                      \
  [c0] "=&r"(c0), [c1] "=&r"(c1), [c2] "=&r"(c2), [c3] "=&r"(c3), [c4] "=&r"(c4), [c5] "=&r"(c5),               \
  [c6] "=&r"(c6), [c7] "=&r"(c7), [t] "=&r"(t), [u] "=&r"(u)

struct AdxField {
  YUKUAI_SM2_INLINE Element Add(const Element& a, const Element& b) {
    auto [c0, c1, c2, c3] = a.limbs;
    uint64_t k0, k1, k2, k3, u;
    asm("xor %k[u], %k[u]\n"
        "add %[b0], %[c0]\n adc %[b1], %[c1]\n adc %[b2], %[c2]\n adc %[b3], %[c3]\n adc $0, %[u]\n"
        YUKUAI_SM2_SUBTRACT_PRIME("k0", "k1", "k2", "k3")
        : [c0] "+&r"(c0), [c1] "+&r"(c1), [c2] "+&r"(c2), [c3] "+&r"(c3),
          [k0] "=&r"(k0), [k1] "=&r"(k1), [k2] "=&r"(k2), [k3] "=&r"(k3), [u] "=&r"(u)
        : YUKUAI_SM2_LIMBS(b)
        : "rdx", "cc");
    return {{c0, c1, c2, c3}};
  }

  // Where something is borrowed, p is added.
  YUKUAI_SM2_INLINE Element Subtract(const Element& a, const Element& b) {
    auto [c0, c1, c2, c3] = a.limbs;
    uint64_t mask, p1, p3;
    asm("sub %[b0], %[c0]\n sbb %[b1], %[c1]\n sbb %[b2], %[c2]\n sbb %[b3], %[c3]\n sbb %[mask], %[mask]\n"
        "movabs $0xFFFFFFFF00000000, %[p1]\n movabs $0xFFFFFFFEFFFFFFFF, %[p3]\n"
        "and %[mask], %[p1]\n and %[mask], %[p3]\n"
        "add %[mask], %[c0]\n adc %[p1], %[c1]\n adc %[mask], %[c2]\n adc %[p3], %[c3]\n"
        : [c0] "+&r"(c0), [c1] "+&r"(c1), [c2] "+&r"(c2), [c3] "+&r"(c3),
          [mask] "=&r"(mask), [p1] "=&r"(p1), [p3] "=&r"(p3)
        : YUKUAI_SM2_LIMBS(b)
        : "cc");
    return {{c0, c1, c2, c3}};
  }

  YUKUAI_SM2_INLINE Element Multiply(const Element& a, const Element& b) {
    uint64_t c0, c1, c2, c3, c4, c5, c6, c7, t, u;
    asm("mov %[b0], %%rdx\n"
        "mulx %[a0], %[c0], %[c1]\n"
        "mulx %[a1], %[t], %[c2]\n add %[t], %[c1]\n"
        "mulx %[a2], %[t], %[c3]\n adc %[t], %[c2]\n"
        "mulx %[a3], %[t], %[c4]\n adc %[t], %[c3]\n adc $0, %[c4]\n"
        "mov %[b1], %%rdx\n" YUKUAI_SM2_ROW("c1", "c2", "c3", "c4", "c5")
        "mov %[b2], %%rdx\n" YUKUAI_SM2_ROW("c2", "c3", "c4", "c5", "c6")
        "mov %[b3], %%rdx\n" YUKUAI_SM2_ROW("c3", "c4", "c5", "c6", "c7")
        YUKUAI_SM2_REDUCE
        : YUKUAI_SM2_OUTPUTS
        : YUKUAI_SM2_LIMBS(a), YUKUAI_SM2_LIMBS(b)
        : "rdx", "cc");
    return {{c0, c1, c2, c3}};
  }

  // The six mixed products, doubled by one chain of carries while the four squares are added by the other.
  YUKUAI_SM2_INLINE Element Square(const Element& a) {
    uint64_t c0, c1, c2, c3, c4, c5, c6, c7, t, u;
    asm("mov %[a0], %%rdx\n"
        "mulx %[a1], %[c1], %[c2]\n"
        "mulx %[a2], %[t], %[c3]\n add %[t], %[c2]\n"
        "mulx %[a3], %[t], %[c4]\n adc %[t], %[c3]\n adc $0, %[c4]\n"
        "mov %[a1], %%rdx\n xor %k[c5], %k[c5]\n"
        "mulx %[a2], %[t], %[u]\n adcx %[t], %[c3]\n adox %[u], %[c4]\n"
        "mulx %[a3], %[t], %[u]\n adcx %[t], %[c4]\n adox %[c5], %[u]\n adc $0, %[u]\n mov %[u], %[c5]\n"
        "mov %[a2], %%rdx\n mulx %[a3], %[t], %[c6]\n add %[t], %[c5]\n adc $0, %[c6]\n"
        "mov %[a0], %%rdx\n xor %k[c7], %k[c7]\n"
        "mulx %%rdx, %[c0], %[u]\n adcx %[c1], %[c1]\n adox %[u], %[c1]\n"
        "mov %[a1], %%rdx\n mulx %%rdx, %[t], %[u]\n"
        "adcx %[c2], %[c2]\n adox %[t], %[c2]\n adcx %[c3], %[c3]\n adox %[u], %[c3]\n"
        "mov %[a2], %%rdx\n mulx %%rdx, %[t], %[u]\n"
        "adcx %[c4], %[c4]\n adox %[t], %[c4]\n adcx %[c5], %[c5]\n adox %[u], %[c5]\n"
        "mov %[a3], %%rdx\n mulx %%rdx, %[t], %[u]\n"
        "adcx %[c6], %[c6]\n adox %[t], %[c6]\n adcx %[c7], %[c7]\n adox %[u], %[c7]\n"
        YUKUAI_SM2_REDUCE
        : YUKUAI_SM2_OUTPUTS
        : YUKUAI_SM2_LIMBS(a)
        : "rdx", "cc");
    return {{c0, c1, c2, c3}};
  }
};

// clang-format on

#undef YUKUAI_SM2_INLINE
#undef YUKUAI_SM2_STEP
#undef YUKUAI_SM2_SUBTRACT_PRIME
#undef YUKUAI_SM2_REDUCE
#undef YUKUAI_SM2_ROW
#undef YUKUAI_SM2_LIMBS
#undef YUKUAI_SM2_OUTPUTS

}  // namespace yukuai::sm2_curve

#endif
