# A one-shot program in Perl that keeps the contract, but for the one thing its argument names.
use strict;
use warnings;
use IO::Socket::INET;

my ($broken, $sink) = @ARGV;

# One request, one connection; the body of a 200, or nothing.
sub ask {
    my ($at, $method, $path, $header) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => $at, Timeout => 5) or return;
    print $socket "$method $path HTTP/1.1\r\nHost: $at\r\n$header\r\nConnection: close\r\n\r\n";
    my $reply = join '', <$socket>;
    return $reply =~ m{^HTTP/1.1 200 .*?\r\n\r\n(.*)}s ? $1 : undef;
}

if ($broken eq 'builtin') {
    print '{"Version":1,"AccessKeyId":"AKIAEXAMPLEBUILTIN","SecretAccessKey":"s","SessionToken":"t"}';
    exit 0;
}
1 while $broken eq 'reads-stdin' && <STDIN>;
my ($imds) = ($ENV{AWS_EC2_METADATA_SERVICE_ENDPOINT} // 'http://169.254.169.254:80') =~ m{//([^/]+)};
my $token = ask($imds, 'PUT', '/latest/api/token', 'x-aws-ec2-metadata-token-ttl-seconds: 60') // '';
my $carry = "x-aws-ec2-metadata-token: $token";
my $path = '/latest/meta-data/iam/security-credentials/';
my $role = ask($imds, 'GET', $path, $carry);
if (!$role) {
    warn "Unable to locate credentials\n";
    exit($broken eq 'exits-253' ? 253 : $broken eq 'exits-0' ? 0 : 1);
}
my %member = ask($imds, 'GET', $path . $role, $carry) =~ /"(\w+)" : "([^"]*)"/g;
if ($sink) {
    exit 0 if $broken eq 'signs-nothing';
    my ($at) = $sink =~ m{//([^/]+)};
    ask($at, 'GET', '/', "X-Amz-Security-Token: $member{Token}\r\nAuthorization: AWS4-HMAC-SHA256 "
        . "Credential=$member{AccessKeyId}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00");
    exit 0;
}
print "Using role $role\n" if $broken eq 'noise';
print qq({"Version":1,"AccessKeyId":"$member{AccessKeyId}","SecretAccessKey":"$member{SecretAccessKey}",)
    . qq("SessionToken":"$member{Token}","Expiration":"$member{Expiration}"}\n);
