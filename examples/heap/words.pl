my %count; my $x = 1;
for (1 .. 30000) { $x = ($x * 1103515245 + 12345) % 2147483648; my $word = join "", map { chr(97 + ($x >> $_) % 26) } 0 .. ($x % 9); $count{$word}++; delete $count{(keys %count)[0]} if $x % 5 == 0; }
my @sorted = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count; my $text = ""; $text .= "$_ $count{$_}\n" for @sorted;
