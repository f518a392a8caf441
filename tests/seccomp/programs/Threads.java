// SPDX-License-Identifier: GPL-2.0-or-later
import java.util.concurrent.*;

public class Threads {
	public static void main(String[] arguments) throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(8);
		Future<Integer> answer = pool.submit(() -> 7);
		if (answer.get() != 7)
			System.exit(1);
		pool.shutdown();
		if (new ProcessBuilder("true").start().waitFor() != 0)
			System.exit(2);
		System.out.println("ok");
	}
}
