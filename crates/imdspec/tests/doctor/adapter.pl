# A session program in Perl that keeps the contract, but for the one thing its argument names.
use strict;
use warnings;
use IO::Socket::INET;

my $broken = shift // '';
$| = 1;

# One request, one connection; the body of a 200, or nothing.
sub ask {
    my ($method, $path, $header) = @_;
    my ($at) = ($ENV{AWS_EC2_METADATA_SERVICE_ENDPOINT} // 'http://169.254.169.254:80') =~ m{//([^/]+)};
    my $socket = IO::Socket::INET->new(PeerAddr => $at, Timeout => 5) or return;
    print $socket "$method $path HTTP/1.1\r\nHost: $at\r\n$header\r\nConnection: close\r\n\r\n";
    my $reply = join '', <$socket>;
    return $reply =~ m{^HTTP/1.1 200 .*?\r\n\r\n(.*)}s ? $1 : undef;
}

sub resolve {
    my $token = ask('PUT', '/latest/api/token', 'x-aws-ec2-metadata-token-ttl-seconds: 60') // '';
    my $carry = "x-aws-ec2-metadata-token: $token";
    my $path = '/latest/meta-data/iam/security-credentials/';
    my $role = ask('GET', $path, $carry);
    return ask('GET', $path . $role, $carry) if $role;
}

sub answer {
    my ($id) = @_;
    $id += 7 if $broken eq 'wrong-id';
    print "DEBUG: resolving\n" if $broken eq 'noise';
    my $document = resolve();
    if (!$document) {
        die "no role is attached\n" if $broken eq 'dies-of-refusal';
        print qq({"id":$id,"error":{"kind":"none","message":"no role is attached"}}\n);
        return 0;
    }
    my %member = $document =~ /"(\w+)" : "([^"]*)"/g;
    $member{Token} = substr $member{Token}, 0, 20 if $broken eq 'cut-token';
    $member{Expiration} = 'in a while' if $broken eq 'no-date';
    my $end = $broken eq 'no-expiration' ? '' : qq(,"Expiration":"$member{Expiration}");
    print qq({"id":$id,"credentials":{"Version":1,"AccessKeyId":"$member{AccessKeyId}",)
        . qq("SecretAccessKey":"$member{SecretAccessKey}","SessionToken":"$member{Token}"$end}}\n);
    return 1;
}

if ($broken eq 'dies-at-once') {
    warn "Can't locate AWS.pm in \@INC\n";
    exit 2;
}
print "Welcome to the adapter 1.0\n" if $broken eq 'banner';
my $n = $broken =~ /one-at-a-time|stays/ ? 1 : 4;
print qq({"imdspec":1,"name":"perl","version":"$]","concurrency":$n}\n);
my $gave = 0;
while (my $line = <STDIN>) {
    my ($id, $op) = $line =~ /"id":(\d+),"op":"([^"]+)"/;
    if ($op ne 'resolve' && $broken ne 'any-op') {
        die "what is $op?\n" if $broken eq 'dies-of-op';
        print qq({"id":$id,"unsupported":true}\n);
        next;
    }
    next if $broken eq 'answers-one-of-four' && $id > 1;

    # Each question in a process of its own, so that they are answered side by side.
    if ($n > 1 && $broken ne 'dies-of-refusal') {
        my $child = fork // die 'no fork';
        next if $child;
        answer($id);
        exit 0;
    }
    $gave += answer($id);
}
1 while wait > 0;
exit 9 if $broken eq 'exit-9';
sleep 60 if $broken eq 'stays' && $gave == 1;
