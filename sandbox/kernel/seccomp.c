// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading a seccomp filter, and running one without the kernel.
 *
 * The filter is loaded by the raw system call: libseccomp's own loader allocates, and the place
 * where it is needed is between clone and exec. The simulator knows exactly the instructions that
 * the kernel's seccomp_check_filter() lets through, so that "the simulator refuses it" and "the
 * kernel refuses it" are the same statement.
 */
#include "kernel/seccomp.h"

#include "base/alloc.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void filter_free(struct filter *filter)
{
	free(filter->allocated);
	free(filter->name);
	free(filter->origin_path);
	*filter = (struct filter){0};
}

int seccomp_apply(const struct filter *filter, unsigned int flags)
{
	struct sock_fprog program = {
		.len = (unsigned short)filter->count,
		.filter = (struct sock_filter *)filter->instructions,
	};
	long result;

	if (filter->count == 0 || filter->count > BPF_MAXINSNS)
		return -EINVAL;
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	return result < 0 ? -errno : (int)result;
}

int seccomp_apply_by_prctl(const struct filter *filter)
{
	const struct sock_fprog program = {
		.len = (unsigned short)filter->count,
		.filter = (struct sock_filter *)filter->instructions,
	};

	if (filter->count == 0 || filter->count > BPF_MAXINSNS)
		return -EINVAL;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}

/* Is this one instruction of a seccomp program of @count instructions, at @index? */
static bool instruction_valid(const struct sock_filter *i, size_t index, size_t count)
{
	size_t left = count - index - 1; /* instructions behind this one */

	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return i->k % 4 == 0 && i->k < sizeof(struct seccomp_data);
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
		return true;
	case BPF_ALU | BPF_DIV | BPF_K:
		return i->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return i->k < 32;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return i->k < BPF_MEMWORDS;
	case BPF_JMP | BPF_JA:
		return i->k < left;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return i->jt < left && i->jf < left;
	default:
		return false;
	}
}

bool seccomp_valid(const struct sock_filter *instructions, size_t count)
{
	if (count == 0 || count > BPF_MAXINSNS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!instruction_valid(&instructions[i], i, count))
			return false;
	return BPF_CLASS(instructions[count - 1].code) == BPF_RET;
}

static uint32_t alu(uint16_t code, uint32_t a, uint32_t operand, bool *stop)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + operand;
	case BPF_SUB:
		return a - operand;
	case BPF_MUL:
		return a * operand;
	case BPF_DIV:
		/* Division by a zero register ends the program with the value 0, as in the kernel.
		 */
		*stop = operand == 0;
		return operand ? a / operand : 0;
	case BPF_AND:
		return a & operand;
	case BPF_OR:
		return a | operand;
	case BPF_XOR:
		return a ^ operand;
	case BPF_LSH:
		return a << (operand & 31);
	case BPF_RSH:
		return a >> (operand & 31);
	default: /* BPF_NEG */
		return -a;
	}
}

static bool holds(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGE:
		return a >= operand;
	case BPF_JGT:
		return a > operand;
	default: /* BPF_JSET */
		return (a & operand) != 0;
	}
}

int seccomp_simulate(const struct sock_filter *instructions, size_t count,
		     const struct seccomp_data *data, uint32_t *ret_value, size_t *ret_instruction)
{
	uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {0};
	bool stop = false;

	for (size_t pc = 0; pc < count && count <= BPF_MAXINSNS; pc++) {
		const struct sock_filter *i = &instructions[pc];
		uint32_t operand = BPF_SRC(i->code) == BPF_X ? x : i->k;

		if (!instruction_valid(i, pc, count))
			return -EINVAL;
		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			if (BPF_MODE(i->code) == BPF_ABS)
				memcpy(&a, (const char *)data + i->k, sizeof(a));
			else if (BPF_MODE(i->code) == BPF_MEM)
				a = memory[i->k];
			else if (BPF_MODE(i->code) == BPF_LEN)
				a = sizeof(*data);
			else
				a = i->k;
			break;
		case BPF_LDX:
			if (BPF_MODE(i->code) == BPF_MEM)
				x = memory[i->k];
			else if (BPF_MODE(i->code) == BPF_LEN)
				x = sizeof(*data);
			else
				x = i->k;
			break;
		case BPF_ST:
			memory[i->k] = a;
			break;
		case BPF_STX:
			memory[i->k] = x;
			break;
		case BPF_ALU:
			a = alu(i->code, a, operand, &stop);
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += holds(i->code, a, operand) ? i->jt : i->jf;
			break;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		case BPF_RET:
			stop = true;
			a = BPF_RVAL(i->code) == BPF_A ? a : i->k;
			break;
		}
		if (stop) {
			*ret_value = a;
			if (ret_instruction)
				*ret_instruction = pc;
			return 0;
		}
	}
	return -EINVAL;
}

bool seccomp_denies(uint32_t value)
{
	switch (value & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_TRACE:
		return false;
	default:
		return true;
	}
}

int seccomp_join(const struct filter *front, const struct filter *back, struct filter *ret)
{
	size_t count = front->count + back->count;
	struct sock_filter *joined;

	if (count > BPF_MAXINSNS)
		return -E2BIG;
	joined = xcalloc(count, sizeof(*joined));
	memcpy(joined, front->instructions, front->count * sizeof(*joined));
	memcpy(joined + front->count, back->instructions, back->count * sizeof(*joined));
	for (size_t i = 0; i < front->count; i++)
		if (joined[i].code == (BPF_RET | BPF_K) && joined[i].k == SECCOMP_RET_ALLOW)
			joined[i] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
								 (uint32_t)(front->count - i - 1));
	*ret = (struct filter){
		.instructions = joined,
		.count = count,
		.name = xstrdup(back->name),
		.origin_path = xstrdup(back->origin_path),
		.allocated = joined,
	};
	return 0;
}
