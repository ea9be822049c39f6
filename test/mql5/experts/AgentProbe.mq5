//+------------------------------------------------------------------+
//|                                                   AgentProbe.mq5 |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#property copyright "Copyright 2026, Trading Org"
#property version   "1.00"

#include <MT5Connector/Agent/Ledger.mqh>
#include <MT5Connector/Agent/Pager.mqh>
#include <MT5Connector/Agent/RefusalCounts.mqh>
#include <MT5Connector/Agent/RefusedIds.mqh>
#include <MT5Connector/Agent/TickFeeds.mqh>
#include <MT5Connector/Agent/TicketSet.mqh>

//--- large ones are no locals
CPager      g_pager;
CRefusedIds g_refused;
CLedger     g_ledger;
CSessions   g_sessions;
int         g_checks=0;
int         g_failed=0;

//+------------------------------------------------------------------+
//| Counts, and names what fails                                     |
//+------------------------------------------------------------------+
void Check(const string name,const bool good)
  {
   g_checks++;
   if(good)
      return;
   g_failed++;
   Print("FAILED: ",name);
  }
//+------------------------------------------------------------------+
//| Texts keep their slots while thousands come and go               |
//+------------------------------------------------------------------+
void TestIndex(void)
  {
   CTextIndex index;
   bool       good=index.Find("nobody")<0;
   for(int i=0; i<5000; i++)
      good=good && index.Add("key "+(string)i)==i;
   Check("index adds",good && index.Count()==5000 && index.Add("key 77")==77);
   for(int k=0; k<5000; k+=2)
     {
      index.Remove(k);
      index.Remove(k);
     }
   Check("index removes",index.Count()==2500 && index.Find("key 4")<0 && !index.IsUsed(4) && index.IsUsed(5));
   good=true;
   for(int a=0; a<2500; a++)
      good=good && index.Add("new "+(string)a)<5000;
   Check("index uses freed slots again",good && index.Slots()==5000 && index.Count()==5000);
   for(int f=1; f<5000; f+=2)
      good=good && index.Find("key "+(string)f)==f;
   Check("index finds",good && index.Find("new 2499")>=0 && index.Find("new 2500")<0);
  }
//+------------------------------------------------------------------+
//| Tickets in any order, and only those of the window               |
//+------------------------------------------------------------------+
void TestTickets(void)
  {
   CTicketSet tickets;
   bool       good=!tickets.Has(1) && tickets.Highest()==0;
   for(int i=0; i<10000; i++)
      good=good && tickets.Add((ulong)((i*7919)%10007+1),i);
   Check("tickets",good && tickets.Count()==10000 && !tickets.Add(1,5) && tickets.Has(1));
   ulong highest=tickets.Highest();
   tickets.Prune(9000);
   Check("tickets of the window",tickets.Count()==1000 && !tickets.Has(1) && tickets.Highest()==highest);
   tickets.Raise(highest+5);
   Check("a ticket is seen",tickets.Highest()==highest+5 && !tickets.Has(highest+5));
  }
//+------------------------------------------------------------------+
//| Frozen results end with their time, their session and by number  |
//+------------------------------------------------------------------+
void TestPager(void)
  {
   CPageItems items;
   CPageItems back;
   string     more="";
   string     filler="";
   int        end=0;
   int        start=0;
   long       seq=0;
   for(int n=0; n<10000; n++)
      filler+="0123456789";
   for(int i=0; i<8; i++)
      items.Add(i%3,filler);
   Check("a short result is whole",g_pager.First(0,"r",back,1,0,end,more) && more=="" && end==0);
   Check("a long result is frozen",g_pager.First(0,"r",items,7,1000,end,more) && more!="" && end==3);
   string first=more;
   Check("its next page",g_pager.Next(0,"r",first,2000,back,start,end,seq,more) && start==3 && end==6 && seq==7 && back.lists[4]==1);
   Check("its last page",g_pager.Next(0,"r",more,2000,back,start,end,seq,more) && end==8 && more=="");
   Check("of another session",!g_pager.Next(1,"r",first,2000,back,start,end,seq,more));
   Check("of another request",!g_pager.Next(0,"s",first,2000,back,start,end,seq,more));
   Check("after its time",!g_pager.Next(0,"r",first,2000+AGENT_CURSOR_MS,back,start,end,seq,more));
   bool good=true;
   for(int s=0; s<AGENT_CURSORS_MAX; s++)
      good=good && g_pager.First(s,"r",items,7,100000,end,more);
   string last=more;
   Check("many",good && g_pager.First(60,"r",items,7,100000,end,more) && g_pager.Next(60,"r",more,100000,back,start,end,seq,more));
   Check("the latest are left",g_pager.Next(AGENT_CURSORS_MAX-1,"r",last,100000,back,start,end,seq,more));
   g_pager.FreeSession(AGENT_CURSORS_MAX-1);
   Check("freed",!g_pager.Next(AGENT_CURSORS_MAX-1,"r",last,100000,back,start,end,seq,more));
  }
//+------------------------------------------------------------------+
//| Refusals for good are remembered, as long as a copy can live     |
//+------------------------------------------------------------------+
void TestRefused(void)
  {
   string code="";
   string reason="";
   bool   good=true;
   for(int i=0; i<AGENT_REFUSED_MAX; i++)
     {
      good=good && g_refused.HasRoom((string)i,0);
      g_refused.Note((string)i,"LIMIT","too much",50,i/1000);
     }
   Check("refusals are remembered",good && g_refused.Find("5",50,100,code,reason) && code=="LIMIT" && reason=="too much");
   Check("but not those issued later",!g_refused.Find("5",51,100,code,reason));
   g_refused.Note("5","ROLE","no",40,100);
   Check("the latest issue stands",g_refused.Find("5",50,100,code,reason) && code=="LIMIT");
   Check("there is no room",!g_refused.HasRoom("new",100) && g_refused.HasRoom("5",100));
   Check("there is room when they are old",g_refused.HasRoom("new",AGENT_COMMAND_TTL_MS+AGENT_AHEAD_MS+30) && !g_refused.Find("5",50,AGENT_COMMAND_TTL_MS+AGENT_AHEAD_MS,code,reason));
  }
//+------------------------------------------------------------------+
//| The ring keeps the latest events, and says what has left it      |
//+------------------------------------------------------------------+
void TestLedger(void)
  {
   bool good=g_ledger.Init(9);
   for(int i=1; i<=AGENT_RING_EVENTS+10; i++)
      good=good && StringFind(g_ledger.Append("{\"type\":\"balance\"}",5),"\"seq\":"+(string)i+",")>0;
   Check("ledger",good && g_ledger.Seq()==AGENT_RING_EVENTS+10 && g_ledger.Oldest()==11);
   Check("what has left the ring",g_ledger.IsGone(9,9) && !g_ledger.IsGone(9,10) && g_ledger.IsGone(8,10) && g_ledger.IsGone(9,AGENT_RING_EVENTS+11));
   Check("the oldest",StringFind(g_ledger.At(11),"\"seq\":11,")>0);
  }
//+------------------------------------------------------------------+
//| Doubles by their bits, and texts as labels                       |
//+------------------------------------------------------------------+
void TestNumbers(void)
  {
   uchar bytes[];
   CBytes::Resize(bytes,8);
   CTickFeeds::PutDouble(bytes,0,-1.5);
   Check("-1.5",CBytes::ToHex(bytes)=="000000000000f8bf");
   CTickFeeds::PutDouble(bytes,0,0.1);
   Check("0.1",CBytes::ToHex(bytes)=="9a9999999999b93f");
   CTickFeeds::PutDouble(bytes,0,123456789.0);
   Check("123456789",CBytes::ToHex(bytes)=="00000054346f9d41");
   CTickFeeds::PutDouble(bytes,0,0.0);
   Check("0",CBytes::ToHex(bytes)=="0000000000000000");
   double small=1.0;
   for(int i=0; i<1070; i++)
      small/=2.0;
   CTickFeeds::PutDouble(bytes,0,small);
   Check("a subnormal",CBytes::ToHex(bytes)=="1000000000000000");
   Check("label",CNames::IsLabel("a~!") && !CNames::IsLabel("") && !CNames::IsLabel("a b"));
   string odd="a";
   Check("half a character",StringSetCharacter(odd,0,(ushort)0xD800) && !CNames::IsPlain(odd) && !CNames::IsPlain(odd+"b") && !CNames::IsPlain(odd+odd));
   Check("the other half",StringSetCharacter(odd,0,(ushort)0xDC00) && !CNames::IsPlain(odd));
   Check("names",CNames::At(g_sides,5,"none")=="none" && CNames::Find(g_sides,"sell")==1 && CNames::Find(g_sides,"up")<0);
  }
//+------------------------------------------------------------------+
//| Sessions, within their number                                    |
//+------------------------------------------------------------------+
void TestSessions(void)
  {
   bool good=true;
   for(int client=0; client<4; client++)
      for(int i=0; i<AGENT_SESSIONS_PER_CLIENT; i++)
         good=good && g_sessions.Open(client,(string)i,true,0)>=0;
   Check("sessions",good && g_sessions.Open(0,"x",true,0)<0 && g_sessions.Open(9,"x",true,0)<0);
   Check("live",g_sessions.IsLive(1,"3") && !g_sessions.IsLive(1,"99") && g_sessions.FindSame(1,"3",false)<0);
   g_sessions.End(g_sessions.FindSame(1,"3",true));
   Check("ended",!g_sessions.IsLive(1,"3") && g_sessions.Open(9,"x",true,0)>=0);
   string open=g_sessions.Challenge(1,"i",0);
   Check("a challenge ends",!g_sessions.UseChallenge(1,"i",open,AGENT_CHALLENGE_MS) && !g_sessions.UseChallenge(1,"i",open,5));
  }
//+------------------------------------------------------------------+
//| Refusals by code                                                 |
//+------------------------------------------------------------------+
void TestCounts(void)
  {
   CRefusalCounts counts;
   Check("nothing refused",counts.Total()==0 && counts.Text()=="");
   counts.Note("MAC");
   counts.Note("STALE");
   counts.Note("MAC");
   Check("refusals by code",counts.Total()==3 && counts.Text()=="MAC 2, STALE 1");
  }
//+------------------------------------------------------------------+
//| Runs all checks                                                  |
//+------------------------------------------------------------------+
void OnStart(void)
  {
   TestIndex();
   TestTickets();
   TestPager();
   TestRefused();
   TestLedger();
   TestNumbers();
   TestSessions();
   TestCounts();
   Print(g_checks," checks, ",g_failed," failed");
  }
//+------------------------------------------------------------------+
